"""``/metrics``: what the server and its worlds do, for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi import APIRouter, Depends
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.responses import Response

from api.bridge import Clock
from api.control.at import AtWorlds
from api.hosting import Hosted, Worlds
from api.routes.base import StrictRoute
from api.security import BEARER
from twin.domain.bots import Bot
from twin.simulation.pacing import MAX

router = APIRouter(tags=["life"], route_class=StrictRoute, dependencies=[Depends(BEARER)])


@router.get("/metrics", response_class=Response)
async def metrics(worlds: AtWorlds) -> Response:
    """Simulated time, speed, lag, events, bots, jobs, requests and calls of each world, for Prometheus."""
    ready = [hosted for hosted in worlds.all() if hosted.bridge.built]
    clocks = {hosted.id: await hosted.bridge.clock() for hosted in ready}
    registry = CollectorRegistry()
    registry.register(_Metrics(worlds, ready, clocks))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Metrics(Collector):
    """One look at all worlds."""

    def __init__(self, worlds: Worlds, ready: list[Hosted], clocks: dict[str, Clock]) -> None:
        self._worlds, self._ready, self._clocks = worlds, ready, clocks

    def collect(self) -> Iterator[Metric]:
        """All families."""
        yield from self._of_time()
        yield from self._of_plant()
        yield from self._of_calls()

    def _of_time(self) -> Iterator[Metric]:
        now = GaugeMetricFamily("twin_simulated_seconds", "Simulated time since the epoch.", labels=["world"])
        speed = GaugeMetricFamily("twin_speed", "The speed factor; +Inf: flat out.", labels=["world"])
        lag = GaugeMetricFamily("twin_lag_seconds", "How far it is behind its pace.", labels=["world"])
        events = CounterMetricFamily("twin_events", "Events in the event log.", labels=["world"])
        for hosted in self._ready:
            clock = self._clocks[hosted.id]
            now.add_metric([hosted.id], clock.now_ms / 1000)
            speed.add_metric([hosted.id], float("inf") if clock.speed == MAX else float(clock.speed))
            lag.add_metric([hosted.id], clock.lag_ms / 1000)
            events.add_metric([hosted.id], hosted.bridge.engine.memory.seq)
        yield from (now, speed, lag, events)

    def _of_plant(self) -> Iterator[Metric]:
        labels = ["world", "state"]
        bots = GaugeMetricFamily("twin_bots", "Bots by what they do.", labels=labels)
        jobs = GaugeMetricFamily("twin_jobs", "Jobs by status.", labels=labels)
        requests = GaugeMetricFamily("twin_requests", "Requests by status.", labels=labels)
        for hosted in self._ready:
            state = hosted.bridge.engine.plant.state
            for family, counts in (
                (bots, Counter(_doing(bot) for bot in state.bots.values())),
                (jobs, Counter(job.status for job in state.jobs.values())),
                (requests, Counter(request.status for request in state.requests.values())),
            ):
                for name in sorted(counts):
                    family.add_metric([hosted.id, name], counts[name])
        yield from (bots, jobs, requests)

    def _of_calls(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "twin_calls", "Calls of the API answered whole.", labels=["world", "operation", "status"]
        )
        took = SummaryMetricFamily(
            "twin_call_seconds", "Wall time of calls, and how many.", labels=["world", "operation"]
        )
        for hosted in self._ready:
            tally = self._worlds.desk(hosted).coverage
            for (operation, status), count in sorted(tally.calls.items()):
                calls.add_metric([hosted.id, operation, str(status)], count)
            for operation, (count, seconds) in sorted(tally.took.items()):
                took.add_metric([hosted.id, operation], count, seconds)
        yield from (calls, took)


def _doing(bot: Bot) -> str:
    if bot.fault is not None:
        return "fault"
    if bot.charging:
        return "charging"
    return "working" if bot.steps or bot.visit is not None else "idle"
