import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.domain.commands import Command, CreateSku
from twin.domain.errors import AlreadyExists, Invalid
from twin.simulation.pacing import FASTEST, MAX, Pace, parse_speed, run_script

factors = st.floats(min_value=0, max_value=FASTEST, allow_subnormal=False)
running = st.floats(min_value=0.01, max_value=1000)
walls = st.floats(min_value=0, max_value=1e6)
instants = st.integers(min_value=0, max_value=10**12)


class FakeEngine:
    """Events at given times; remembers what was done when."""

    def __init__(self, due: list[int]) -> None:
        self.now = 0
        self._due = sorted(due)
        self.done: list[tuple[int, object]] = []

    def peek(self) -> int | None:
        return self._due[0] if self._due else None

    def step(self) -> None:
        self.now = self._due.pop(0)
        self.done.append((self.now, "event"))

    def run_until(self, t_ms: int) -> None:
        while self._due and self._due[0] <= t_ms:
            self.step()
        self.now = t_ms

    def apply(self, command: Command) -> object:
        self.done.append((self.now, command))
        if command == CreateSku("taken"):
            raise AlreadyExists("SKU", "taken")
        return "done"


class FakeWall:
    """A wall clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.seconds += seconds


def scripted(speed: float | str) -> tuple[FakeEngine, FakeWall, list[object]]:
    engine, wall = FakeEngine([10, 500, 1000, 1000, 4321]), FakeWall()
    script = [(0, CreateSku("a")), (1000, CreateSku("b")), (1001, CreateSku("taken"))]
    return engine, wall, run_script(engine, script, 5000, speed, wall, wall.wait)  # type: ignore[arg-type]


def test_real_time_moves_a_simulated_second_a_second():
    assert Pace(1, 10.0, 500).target(12.5) == 3000


def test_a_paused_twin_stays_where_it_is():
    assert Pace(0, 10.0, 500).target(1e9) == 500


def test_flat_out_has_no_target_and_no_lag():
    pace = Pace(MAX, 10.0, 500)
    assert pace.target(11.0) is None
    assert pace.lag_ms(1e9, 0) == 0


def test_lag_is_the_simulated_time_that_is_missing():
    assert Pace(50, 0.0, 0).lag_ms(2.0, 99_000) == 1000


def test_a_twin_that_is_ahead_has_no_lag():
    assert Pace(1, 0.0, 0).lag_ms(1.0, 5000) == 0


def test_what_is_past_is_due_at_once():
    assert Pace(1, 7.0, 500).wall_until(500) == 7.0
    assert Pace(MAX, 7.0, 500).wall_until(10**9) == 7.0


def test_nothing_becomes_due_while_paused():
    assert Pace(0, 7.0, 500).wall_until(501) == math.inf


@given(factors, factors, walls, walls, instants)
def test_time_is_continuous_where_the_speed_changes(before, after, start, elapsed, sim):
    wall = start + elapsed
    now = Pace(before, start, sim).target(wall)
    changed = Pace(before, start, sim).changed(after, wall, now)
    assert changed.target(wall) == now
    assert changed.lag_ms(wall, now) == 0


@given(factors, walls, walls, walls, instants)
def test_time_never_goes_back(speed, start, one, other, sim):
    pace = Pace(speed, start, sim)
    earlier, later = sorted((start + one, start + other))
    assert sim <= pace.target(earlier) <= pace.target(later)


@given(factors, walls, instants)
def test_a_wall_clock_before_the_anchor_moves_nothing(speed, start, sim):
    assert Pace(speed, start, sim).target(start - 5) == sim


@given(running, walls, instants, st.integers(min_value=1, max_value=10**9))
def test_an_event_is_due_when_it_is_said_to_be(speed, start, sim, ahead):
    pace = Pace(speed, start, sim)
    assert abs(pace.target(pace.wall_until(sim + ahead)) - (sim + ahead)) <= 1


@pytest.mark.parametrize("value", [0, 1, 0.25, 50, FASTEST, MAX])
def test_a_factor_or_max_is_a_speed(value):
    assert parse_speed(value) == value


NO_NUMBERS = [True, False, "fast", "1", "", None, [1], {}]


@pytest.mark.parametrize("value", [-1, -0.001, math.nan, math.inf, 1e308, 10**400, FASTEST + 1, *NO_NUMBERS])
def test_anything_else_is_refused_with_what_would_be_right(value):
    with pytest.raises(Invalid, match=r'0 \(paused\), a number up to 1,000,000 .* or "max"') as refusal:
        parse_speed(value)
    assert refusal.value.field == "speed"


def test_commands_are_applied_at_exactly_their_time_at_any_speed():
    runs = [scripted(speed) for speed in (1, 50, MAX)]
    assert runs[0][0].done == runs[1][0].done == runs[2][0].done
    assert (1000, CreateSku("b")) in runs[0][0].done


def test_a_command_comes_after_the_events_of_its_instant():
    engine, _, _ = scripted(MAX)
    assert engine.done.index((1000, CreateSku("b"))) > engine.done.index((1000, "event")) + 1


def test_a_script_ends_at_its_horizon():
    engine, _, _ = scripted(50)
    assert engine.now == 5000
    assert engine.peek() is None


@pytest.mark.parametrize(("speed", "seconds"), [(1, 5.0), (50, 0.1), (MAX, 0.0)])
def test_a_script_takes_its_simulated_time_over_the_factor(speed, seconds):
    _, wall, _ = scripted(speed)
    assert wall.seconds - 100.0 == pytest.approx(seconds)


def test_a_script_gives_what_each_command_gave():
    _, _, results = scripted(MAX)
    assert results[:2] == ["done", "done"]
    assert isinstance(results[2], AlreadyExists)


def test_a_script_that_goes_back_in_time_is_refused():
    with pytest.raises(ValueError, match="5 ms lies before 10 ms"):
        run_script(FakeEngine([]), [(10, CreateSku("a")), (5, CreateSku("b"))], 20, MAX)


def test_a_paused_script_is_refused():
    with pytest.raises(ValueError, match="never end"):
        run_script(FakeEngine([]), [], 20, 0)
