"""Changes of state that happen in worlds where a client asks for everything and everything breaks."""

from __future__ import annotations

import random
from collections import defaultdict

from clients import drive_by_api, finish
from worlds import World

from twin.domain import commands as ask
from twin.domain import events as past
from twin.domain.errors import Refusal

Changes = dict[str, set[tuple[str | None, str]]]
"""By type: from which state to which."""


class Seen:
    """To be subscribed: the changes of jobs, requests and of the storage."""

    def __init__(self) -> None:
        self.jobs: Changes = defaultdict(set)
        self.requests: Changes = defaultdict(set)
        self.storage: set[tuple[str, str]] = set()

    def note(self, _seq: int, _t_ms: int, event: past.Event) -> None:
        """Take note of an event."""
        if isinstance(event, past.JobStateChanged):
            self.jobs[event.type_name].add((event.from_, event.to))
        elif isinstance(event, past.RequestStateChanged):
            self.requests[event.type_name].add((event.from_, event.to))
        elif isinstance(event, past.StorageStatusChanged):
            self.storage.add((event.from_, event.to))


def campaign(worlds: int) -> Seen:
    """What is seen in some worlds at random, and where things are asked for that chance seldom brings."""
    seen = Seen()
    for number in range(worlds):
        rng = random.Random(number)
        world = World(
            site_seed=number,
            bots=1 + number % 4,
            seed=number,
            minutes=10,
            lines_per_hour=300,
            operator=("simulated", "both", "api")[number % 3],
            capacity_wh=(3, 30, 480)[number % 3],
            policies=("buffering=near_balcony",),
            faults_every_s=(0, 60)[number % 2],
        )
        engine = world.build([seen.note])
        for _ in range(4):
            drive_by_api(engine, number, engine.now + world.until_ms // 4)
            bot = rng.choice([*engine.plant.state.bots, 1])
            wanted: list[ask.Command] = [ask.PlaceRfidWrite(1, bot), ask.PlaceOffboarding(bot)]
            wanted += [ask.PlaceOnboarding(), ask.PlaceCarrierOnboarding(1)]
            wanted += [ask.PlaceCharging(bot, force=True), ask.PlaceUncharging()]
            wanted += [ask.PlacePause(), ask.EmergencyStop(5000), ask.RestartBrain()]
            for command in rng.sample(wanted, 3):
                try:
                    engine.apply(command)
                except Refusal:
                    continue
        finish(engine, rng)
    return seen
