"""The clock of a real server: pace, advances, and everything that is no pace and no advance."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from server_process import Served, served

PATH = "/_twin/clock"
ADVANCE = "/_twin/clock/advance"
SUMMER = "2026-03-29T01:59:59.500+01:00"


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with served("--site", "tiny", "--speed", "0") as twin:
        twin.stock("COFFEE")
        yield twin


@pytest.fixture
def twin(shared: Served) -> Iterator[Served]:
    shared.ok("PUT", PATH, {"speed": 0})
    yield shared
    shared.ok("PUT", PATH, {"speed": 0})
    for _ in range(100):
        if shared.advance(until="idle")["reached"]:
            break
        for job in shared.ok("GET", "/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")["items"]:
            shared.ok("POST", f"/api/v2/trigger/{job['id']}", {})


def refusal(twin: Served, method: str, path: str, body: object) -> tuple[int, str]:
    """Status and message of a refused call that has moved no time."""
    before = twin.clock()["now_ms"]
    content = body if isinstance(body, str) else json.dumps(body)
    answer = twin.client.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert twin.clock()["now_ms"] == before
    detail = answer.json()["detail"]
    return answer.status_code, detail if isinstance(detail, str) else detail[0]["msg"]


# -- reading


def test_a_paused_clock_stands_still(twin: Served):
    first, second = twin.clock(), twin.clock()
    assert first == second
    assert (first["speed"], first["lag_ms"], first["advancing"]) == (0, 0, False)


def test_the_clock_tells_simulated_time_twice(twin: Served):
    twin.advance(by="PT1.5S")
    clock = twin.clock()
    assert clock["now"].startswith("2026-01-05T05:")
    assert clock["now"].endswith("+00:00")
    assert clock["next_event"] is None


def test_the_clock_tells_when_the_next_event_is_due(twin: Served):
    twin.order("COFFEE")
    clock = twin.clock()
    assert clock["next_event_ms"] > clock["now_ms"]
    assert clock["next_event"] > clock["now"]


def test_a_fast_pace_moves_time_without_events(twin: Served):
    start = twin.ok("PUT", PATH, {"speed": 1_000_000})["now_ms"]
    while twin.clock()["now_ms"] < start + 60_000:
        pass
    stopped = twin.ok("PUT", PATH, {"speed": 0})
    assert twin.clock()["now_ms"] == stopped["now_ms"]


def test_flat_out_time_stands_where_nothing_is_pending(twin: Served):
    start = twin.clock()["now_ms"]
    assert twin.ok("PUT", PATH, {"speed": "max"})["speed"] == "max"
    assert twin.clock()["now_ms"] == start


def test_flat_out_work_is_done_at_once(twin: Served):
    twin.ok("PUT", PATH, {"speed": "max"})
    request = twin.order("COFFEE")
    outcome = twin.advance(until={"job": twin.jobs(request)[0]["id"], "status": "WAITING_FOR_TRIGGER"})
    assert outcome["reached"]


# -- advancing


def test_an_advance_by_a_duration_is_exact(twin: Served):
    start = twin.clock()["now_ms"]
    outcome = twin.advance(by="P1DT2H3M4.5S")
    assert outcome["now_ms"] == start + 93_784_500
    assert (outcome["reached"], outcome["reason"]) == (True, "reached")


def test_an_advance_to_an_instant_is_exact(twin: Served):
    outcome = twin.advance(to=SUMMER)
    assert outcome["now"] == "2026-03-29T00:59:59.500+00:00"


def test_an_advance_to_now_is_no_advance(twin: Served):
    now = twin.clock()
    assert twin.advance(to=now["now"])["now_ms"] == now["now_ms"]


def test_an_advance_by_events_handles_exactly_so_many(twin: Served):
    twin.order("COFFEE")
    assert twin.advance(events=1)["events"] == 1
    assert twin.advance(events=2)["events"] == 2


def test_an_advance_by_events_ends_where_there_are_none(twin: Served):
    outcome = twin.advance(events=5)
    assert (outcome["events"], outcome["reached"], outcome["reason"]) == (0, False, "nothing_left")


def test_an_advance_ends_exactly_at_the_event_that_fulfils_it(twin: Served):
    request = twin.order("COFFEE")
    job = twin.jobs(request)[0]["id"]
    outcome = twin.advance(until={"job": job, "status": "WAITING_FOR_TRIGGER"})
    assert (outcome["reached"], outcome["status"]) == (True, "WAITING_FOR_TRIGGER")
    entered = twin.ok("GET", f"/api/v2/jobs?id__eq={job}")["items"][0]["updated_at_utc"]
    assert entered[:23] == outcome["now"][:23]


def test_what_is_so_already_is_reached_at_once(twin: Served):
    request = twin.order("COFFEE")
    outcome = twin.advance(until={"request": request, "status": "CREATED"})
    assert (outcome["reached"], outcome["events"]) == (True, 0)


def test_a_request_that_waits_for_a_trigger_cannot_go_on_by_itself(twin: Served):
    request = twin.order("COFFEE")
    outcome = twin.advance(until={"request": request, "status": "SUCCEEDED"})
    assert (outcome["reached"], outcome["reason"]) == (False, "nothing_left")
    assert outcome["status"] == "IN_PROGRESS"


def test_a_status_that_has_passed_is_out_of_reach(twin: Served):
    request = twin.order("COFFEE")
    twin.advance(until="waiting")
    outcome = twin.advance(until={"request": request, "status": "CREATED"})
    assert (outcome["reached"], outcome["reason"]) == (False, "out_of_reach")


def test_the_limit_ends_an_advance(twin: Served):
    request = twin.order("COFFEE")
    start = twin.clock()["now_ms"]
    outcome = twin.advance(until={"request": request, "status": "SUCCEEDED"}, limit="PT2S")
    assert (outcome["reason"], outcome["now_ms"]) == ("limit", start + 2000)


def test_waiting_is_reached_when_a_carrier_has_come(twin: Served):
    request = twin.order("COFFEE")
    assert twin.advance(until="waiting")["reached"]
    assert twin.jobs(request)[0]["status"] == "WAITING_FOR_TRIGGER"


def test_idle_is_reached_when_every_bot_is_parked(twin: Served):
    twin.order("COFFEE")
    twin.advance(until="waiting")
    assert twin.advance(until="idle")["reason"] == "nothing_left"
    job = twin.ok("GET", "/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")["items"][0]["id"]
    twin.ok("POST", f"/api/v2/trigger/{job}", {})
    assert twin.advance(until="idle")["reached"]
    assert twin.advance(until="idle")["events"] == 0


def test_an_advance_works_while_flat_out(twin: Served):
    twin.ok("PUT", PATH, {"speed": "max"})
    start = twin.clock()["now_ms"]
    outcome = twin.advance(by="PT10S")
    assert (outcome["now_ms"], outcome["speed"]) == (start + 10_000, "max")


def test_two_advances_at_once_come_one_after_the_other(twin: Served):
    start = twin.clock()["now_ms"]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: twin.advance(by="PT60S")["now_ms"], range(2)))
    assert sorted(both) == [start + 60_000, start + 120_000]


def test_the_pace_goes_on_after_an_advance_from_where_it_ended(twin: Served):
    twin.ok("PUT", PATH, {"speed": 1})
    outcome = twin.advance(by="PT1H")
    assert outcome["lag_ms"] < 1000
    assert 0 <= twin.clock()["now_ms"] - outcome["now_ms"] < 30_000


def test_the_speed_can_be_switched_while_others_work(twin: Served):
    speeds = [0, 1, 50, "max"] * 15

    def switch() -> list[int]:
        return [twin.ok("PUT", PATH, {"speed": speed})["now_ms"] for speed in speeds]

    def work() -> list[str]:
        ids = []
        for _ in range(20):
            ids.append(twin.order("COFFEE"))
            for job in twin.ok("GET", "/api/v2/jobs?status__eq=WAITING_FOR_TRIGGER")["items"]:
                twin.ok("POST", f"/api/v2/trigger/{job['id']}", {})
        return ids

    with ThreadPoolExecutor(2) as pool:
        times, ids = pool.submit(switch), pool.submit(work)
    assert times.result() == sorted(times.result())
    assert len(set(ids.result())) == 20


# -- refusals


@pytest.mark.parametrize(
    "speed", [-1, -0.5, True, False, 1e308, 1_000_001, "fast", "1", "MAX", None, [1], {"n": 1}]
)
def test_what_is_no_speed_is_refused_with_what_would_be_right(twin: Served, speed):
    status, message = refusal(twin, "PUT", PATH, {"speed": speed})
    assert status == 422
    assert '0 (paused), a number up to 1,000,000 (1 is real time) or "max"' in message


@pytest.mark.parametrize("body", ['{"speed": NaN}', '{"speed": Infinity}', '{"speed": 1', "", "null", "[]"])
def test_a_body_that_is_none_is_refused(twin: Served, body):
    assert refusal(twin, "PUT", PATH, body)[0] == 422


def test_an_unknown_field_is_refused(twin: Served):
    assert refusal(twin, "PUT", PATH, {"speed": 1, "sped": 2})[0] == 422


DURATIONS = [
    "", "P", "PT", "P1DT", "PT0S", "PT0.0004S", "-PT1S", "PT-1S", "P1Y", "P1M", "P1W", "90", "PT90", "1H",
    "PT1H1H", "PT1S1H", "PT1.5H30M", "pt1s", "PT1S ", "P1D2H", "PT" + "9" * 60 + "S", 90, True, [1],
]  # fmt: skip


@pytest.mark.parametrize("duration", DURATIONS)
def test_what_is_no_duration_is_refused_with_an_example(twin: Served, duration):
    status, message = refusal(twin, "POST", ADVANCE, {"by": duration})
    assert status == 422
    assert "PT90S" in message


def test_a_duration_beyond_the_end_of_time_is_refused(twin: Served):
    status, message = refusal(twin, "POST", ADVANCE, {"by": "P99999999D"})
    assert (status, message) == (422, "simulated time ends with the year 9999")


@pytest.mark.parametrize(
    "instant", ["", "now", "2026-01-05", "2026-01-05T06:00:00", "2026-13-05T06:00:00Z", 1767589200, None]
)
def test_what_is_no_instant_with_an_offset_is_refused(twin: Served, instant):
    status, message = refusal(twin, "POST", ADVANCE, {"to": instant})
    assert status == 422
    assert "UTC offset" in message or "exactly one" in message or "string" in message


@pytest.mark.parametrize("instant", ["2026-01-05T04:59:59Z", "0001-01-01T00:00:00+23:59"])
def test_going_back_in_time_is_refused(twin: Served, instant):
    status, message = refusal(twin, "POST", ADVANCE, {"to": instant})
    assert status == 422
    assert message.startswith("time goes forward only, and now is 2026-")


@pytest.mark.parametrize("events", [0, -1, 1.5, True, "1", 10**9, 10**400])
def test_what_is_no_number_of_events_is_refused(twin: Served, events):
    assert refusal(twin, "POST", ADVANCE, {"events": events})[0] == 422


@pytest.mark.parametrize(
    "order",
    [{}, {"by": "PT1S", "events": 1}, {"to": SUMMER, "until": "idle"}, {"by": None}, {"limit": "PT1S"}],
)
def test_exactly_one_way_to_advance_must_be_given(twin: Served, order):
    status, message = refusal(twin, "POST", ADVANCE, order)
    assert status == 422
    assert message.startswith("must have exactly one of by, to, events and until, not ")


def test_a_limit_goes_with_until_only(twin: Served):
    status, message = refusal(twin, "POST", ADVANCE, {"by": "PT1S", "limit": "PT1S"})
    assert (status, message) == (422, "limit goes with until only")


@pytest.mark.parametrize(
    "until", ["never", "", {}, [], 1, {"job": "job-1", "request": "r", "status": "FAILED"}]
)
def test_what_is_no_condition_is_refused_with_all_that_are(twin: Served, until):
    status, message = refusal(twin, "POST", ADVANCE, {"until": until})
    assert status == 422
    assert '"waiting"' in message
    assert '"idle"' in message


@pytest.mark.parametrize(("kind", "key"), [("job", "job-0"), ("request", "nobody's")])
def test_an_unknown_job_or_request_is_not_found(twin: Served, kind, key):
    status, message = refusal(twin, "POST", ADVANCE, {"until": {kind: key, "status": "SUCCEEDED"}})
    assert (status, message) == (404, f"{kind.capitalize()} {key} does not exist")


def test_an_unknown_status_is_refused_with_those_that_are_known(twin: Served):
    status, message = refusal(twin, "POST", ADVANCE, {"until": {"job": "job-1", "status": "DONE"}})
    assert status == 422
    assert message == "must be one of ACCEPTED, STARTED, WAITING_FOR_TRIGGER, SUCCEEDED, FAILED"


def test_a_status_of_requests_is_none_of_jobs(twin: Served):
    assert refusal(twin, "POST", ADVANCE, {"until": {"job": "job-1", "status": "CREATED"}})[0] == 422


@pytest.mark.parametrize(("method", "path"), [("GET", PATH), ("PUT", PATH), ("POST", ADVANCE)])
@pytest.mark.parametrize("headers", [{"Authorization": "Bearer wrong"}, {"Authorization": "Basic a-key"}])
def test_the_clock_does_not_take_a_wrong_key(twin: Served, method, path, headers):
    answer = httpx.request(method, twin.url + path, headers=headers, trust_env=False)
    assert answer.status_code == 401


# -- documents


def test_control_is_described_apart_from_the_vendors_api(twin: Served):
    vendor = set(twin.ok("GET", "/openapi.json")["paths"])
    control = set(twin.ok("GET", "/_twin/openapi.json")["paths"])
    assert control >= {"/clock", "/clock/advance", "/ready"}
    assert all(path.startswith("/api/v2/") for path in vendor)


@pytest.mark.parametrize("path", ["/redoc", "/_twin/redoc"])
def test_no_page_is_served_that_would_need_the_internet(twin: Served, path):
    assert twin.client.get(path).status_code == 404


def test_ready_needs_no_key(twin: Served):
    answer = httpx.get(f"{twin.url}/_twin/ready", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})
