"""Kinematics: the profile, its inverse, and the windows in which a run holds its cells."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.domain.layout import Drive, Motion
from twin.domain.motion import RunProfile, position_at, run_profiles, time_at, travel_time_s

DISTANCES = st.floats(0.01, 500)
LIMITS = st.tuples(st.floats(0.05, 20), st.floats(0.05, 20), st.floats(0.05, 20))
"""Speed, acceleration and deceleration, from a crawl to far beyond any real vehicle."""
FRACTIONS = st.floats(0, 1)

DRIVES = st.builds(Drive, st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 20_000))
PITCHES = st.integers(1, 5_000)
LENGTHS = st.integers(1, 60)
NOISE_MS = 1e-6
"""What `motion` rounds away before it floors or ceils."""


def _times_ms(drive: Drive, pitch_mm: int, n: int) -> list[float]:
    """The unrounded instants at which the bot's centre stands over cells 0 to n."""
    limits = drive.speed_mm_s, drive.acceleration_mm_s2, drive.deceleration_mm_s2
    return [1000 * time_at(i * pitch_mm, n * pitch_mm, *limits) for i in range(n + 1)]


# The profile


@given(DISTANCES, LIMITS)
def test_a_run_takes_what_its_three_phases_take(distance: float, limits: tuple[float, float, float]) -> None:
    speed, up, down = limits
    peak = min(speed, math.sqrt(2 * distance / (1 / up + 1 / down)))
    cruise = distance - peak**2 / (2 * up) - peak**2 / (2 * down)
    assert travel_time_s(distance, *limits) == pytest.approx(
        peak / up + cruise / peak + peak / down, rel=1e-9
    )


@given(FRACTIONS, LIMITS)
def test_below_the_critical_distance_the_run_is_a_triangle(
    fraction: float, limits: tuple[float, float, float]
) -> None:
    speed, up, down = limits
    k = (1 / up + 1 / down) / 2
    distance = fraction * speed**2 * k
    assert travel_time_s(distance, *limits) == pytest.approx(2 * math.sqrt(distance * k), rel=1e-9)


@given(LIMITS)
def test_both_formulas_agree_at_the_critical_distance(limits: tuple[float, float, float]) -> None:
    speed, up, down = limits
    k = (1 / up + 1 / down) / 2
    critical = speed**2 * k
    assert travel_time_s(critical, *limits) == pytest.approx(2 * speed * k, rel=1e-9)
    assert travel_time_s(critical * (1 + 1e-12), *limits) == pytest.approx(2 * speed * k, rel=1e-9)


@given(DISTANCES, DISTANCES, LIMITS)
def test_a_longer_run_is_never_faster(one: float, other: float, limits: tuple[float, float, float]) -> None:
    near, far = sorted((one, other))
    assert travel_time_s(near, *limits) <= travel_time_s(far, *limits) * (1 + 1e-12)


@given(DISTANCES, LIMITS, st.floats(1, 10))
def test_a_stronger_drive_is_never_slower(
    distance: float, limits: tuple[float, float, float], factor: float
) -> None:
    speed, up, down = limits
    reference = travel_time_s(distance, *limits) * (1 + 1e-12)
    assert travel_time_s(distance, speed * factor, up, down) <= reference
    assert travel_time_s(distance, speed, up * factor, down) <= reference
    assert travel_time_s(distance, speed, up, down * factor) <= reference


@given(DISTANCES, LIMITS)
def test_a_stop_on_the_way_costs_time(distance: float, limits: tuple[float, float, float]) -> None:
    assert 2 * travel_time_s(distance / 2, *limits) > travel_time_s(distance, *limits)


@given(DISTANCES, LIMITS, FRACTIONS)
def test_time_and_position_are_inverse(
    distance: float, limits: tuple[float, float, float], fraction: float
) -> None:
    elapsed = time_at(fraction * distance, distance, *limits)
    assert position_at(elapsed, distance, *limits) == pytest.approx(fraction * distance, rel=1e-9, abs=1e-9)
    duration = travel_time_s(distance, *limits)
    covered = position_at(fraction * duration, distance, *limits)
    # Compared in space: at rest dt/dx is infinite, and a micrometre of float noise is a millisecond.
    assert position_at(time_at(covered, distance, *limits), distance, *limits) == pytest.approx(
        covered, rel=1e-9, abs=1e-9
    )


@given(DISTANCES, LIMITS, FRACTIONS)
def test_a_run_driven_backwards_swaps_acceleration_and_deceleration(
    distance: float, limits: tuple[float, float, float], fraction: float
) -> None:
    speed, up, down = limits
    duration = travel_time_s(distance, speed, up, down)
    assert travel_time_s(distance, speed, down, up) == pytest.approx(duration, rel=1e-12)
    elapsed = fraction * duration
    mirrored = position_at(duration - elapsed, distance, speed, down, up)
    assert position_at(elapsed, distance, speed, up, down) == pytest.approx(
        distance - mirrored, rel=1e-9, abs=1e-9
    )


@given(DISTANCES, LIMITS, FRACTIONS, FRACTIONS)
def test_a_bot_never_drives_back_nor_faster_than_it_may(
    distance: float, limits: tuple[float, float, float], one: float, other: float
) -> None:
    early, late = sorted(fraction * travel_time_s(distance, *limits) for fraction in (one, other))
    step = position_at(late, distance, *limits) - position_at(early, distance, *limits)
    assert -1e-9 <= step <= limits[0] * (late - early) + 1e-9


@given(DISTANCES, LIMITS)
def test_a_run_begins_at_zero_and_ends_at_its_duration(
    distance: float, limits: tuple[float, float, float]
) -> None:
    assert time_at(0, distance, *limits) == 0
    assert time_at(distance, distance, *limits) == travel_time_s(distance, *limits)
    assert position_at(0, distance, *limits) == 0
    assert position_at(travel_time_s(distance, *limits), distance, *limits) == distance


def test_no_way_takes_no_time() -> None:
    assert travel_time_s(0, 1.5, 1, 1) == 0
    assert time_at(0, 0, 1.5, 1, 1) == 0
    assert position_at(0, 0, 1.5, 1, 1) == 0


@pytest.mark.parametrize("distance", [-1, -1e-9, math.inf, math.nan])
def test_an_impossible_distance_is_refused(distance: float) -> None:
    with pytest.raises(ValueError, match="a run cannot be"):
        travel_time_s(distance, 1.5, 1, 1)


@pytest.mark.parametrize("limits", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1), (math.nan, 1, 1)])
def test_limits_that_are_not_positive_are_refused(limits: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="must be > 0"):
        travel_time_s(1, *limits)


def test_an_instant_or_a_place_off_the_run_is_refused() -> None:
    for covered in (-0.1, 1.1):
        with pytest.raises(ValueError, match="not on a run"):
            time_at(covered, 1, 1.5, 1, 1)
    for elapsed in (-0.1, 2.1):
        with pytest.raises(ValueError, match="not within a run"):
            position_at(elapsed, 1, 1.5, 1, 1)


# The windows


@given(DRIVES, PITCHES, LENGTHS)
def test_the_duration_is_the_formula_s_to_half_a_millisecond(drive: Drive, pitch_mm: int, n: int) -> None:
    profile = run_profiles(drive, pitch_mm, n)[n]
    exact = 1000 * travel_time_s(
        n * pitch_mm, drive.speed_mm_s, drive.acceleration_mm_s2, drive.deceleration_mm_s2
    )
    assert abs(profile.duration_ms - exact) <= 0.5 + NOISE_MS


@given(DRIVES, PITCHES, LENGTHS)
def test_windows_follow_the_bot_monotonously_and_stay_within_the_run(
    drive: Drive, pitch_mm: int, n: int
) -> None:
    profile = run_profiles(drive, pitch_mm, n)[n]
    assert len(profile.enter_ms) == len(profile.leave_ms) == n + 1
    assert profile.enter_ms[0] == profile.enter_ms[1] == 0
    assert profile.leave_ms[n - 1] == profile.leave_ms[n] == profile.duration_ms
    for times in (profile.enter_ms, profile.leave_ms):
        assert all(earlier <= later for earlier, later in pairwise(times))
        assert all(0 <= time <= profile.duration_ms for time in times)


@given(DRIVES, PITCHES, LENGTHS)
def test_a_cell_is_entered_no_later_than_the_one_behind_it_is_left(
    drive: Drive, pitch_mm: int, n: int
) -> None:
    profile = run_profiles(drive, pitch_mm, n)[n]
    assert all(profile.enter_ms[i + 1] <= profile.leave_ms[i] for i in range(n))
    assert all(profile.enter_ms[i] <= profile.leave_ms[i] for i in range(n + 1))


@given(st.builds(Drive, *[st.integers(100, 5_000)] * 3), st.integers(300, 2_000), LENGTHS)
def test_for_real_bots_neighbours_windows_overlap_so_that_two_bots_cannot_swap(
    drive: Drive, pitch_mm: int, n: int
) -> None:
    profile = run_profiles(drive, pitch_mm, n)[n]
    assert all(profile.enter_ms[i + 1] < profile.leave_ms[i] for i in range(n))


@given(DRIVES, PITCHES, LENGTHS)
def test_a_window_is_never_shorter_than_the_truth_nor_a_millisecond_longer_at_an_end(
    drive: Drive, pitch_mm: int, n: int
) -> None:
    profile = run_profiles(drive, pitch_mm, n)[n]
    times = _times_ms(drive, pitch_mm, n)
    for i in range(1, n + 1):
        assert times[i - 1] - 1 < profile.enter_ms[i] <= times[i - 1] + NOISE_MS
    for i in range(n):
        # The arrival is the one time that is rounded to nearest: from there on the bot stands.
        truth = min(times[i + 1], profile.duration_ms)
        assert truth - NOISE_MS <= profile.leave_ms[i] < truth + 1


def test_a_time_that_is_a_whole_millisecond_is_not_moved_by_float_noise() -> None:
    # 4.5 m at 1.5 m/s and 0.5 m/s2 take 6 s exactly; each tenth of a metre at 1 m/s takes 100 ms.
    assert run_profiles(Drive(1500, 500, 500), 4500, 1)[1].duration_ms == 6000
    cruise = run_profiles(Drive(1000, 5000, 5000), 100, 50)[50]
    assert cruise.leave_ms[1:48] == tuple(range(300, 5000, 100))
    assert cruise.enter_ms[2:50] == tuple(range(200, 5000, 100))


def test_the_first_runs_of_the_default_bot_are_as_worked_out_by_hand() -> None:
    none, one, two, *_ = run_profiles(Motion().unladen, 600, 30)
    assert none == RunProfile(0, (0,), (0,))
    assert one == RunProfile(1549, (0, 0), (1549, 1549))  # 2*sqrt(.6) s
    assert two == RunProfile(2191, (0, 0, 1095), (1096, 2191, 2191))  # half of it is sqrt(1.2) s


def test_a_half_millisecond_is_rounded_up() -> None:
    # 2*sqrt(d/a) with d = 81 mm, a = 64 000 000 mm/s2 is 2.25 ms; with d = 1 mm, a = 640 000, 2.5 ms.
    assert run_profiles(Drive(10**6, 64_000_000, 64_000_000), 81, 1)[1].duration_ms == 2
    assert run_profiles(Drive(10**6, 640_000, 640_000), 1, 1)[1].duration_ms == 3


@given(DRIVES, PITCHES)
def test_more_cells_never_take_less_time(drive: Drive, pitch_mm: int) -> None:
    durations = [profile.duration_ms for profile in run_profiles(drive, pitch_mm, 40)]
    assert durations == sorted(durations)


def test_profiles_are_computed_once() -> None:
    drive = Drive(1500, 1000, 1000)
    assert run_profiles(drive, 600, 30) is run_profiles(Drive(1500, 1000, 1000), 600, 30)


@pytest.mark.parametrize(("pitch_mm", "longest"), [(0, 1), (-600, 1), (600, -1)])
def test_runs_without_a_pitch_or_of_negative_length_are_refused(pitch_mm: int, longest: int) -> None:
    with pytest.raises(ValueError, match="no runs over"):
        run_profiles(Drive(1500, 1000, 1000), pitch_mm, longest)


def test_the_documented_run_times_are_those_of_the_default_bot() -> None:
    page = (Path(__file__).parents[2] / "docs" / "physics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    unladen, laden = (run_profiles(drive, 600, 50) for drive in (Motion().unladen, Motion().laden))
    assert len(rows) == 8
    for cells, metres, without, with_carrier in rows:
        n = int(cells)
        assert float(metres) == pytest.approx(n * 0.6)
        assert (unladen[n].duration_ms, laden[n].duration_ms) == (int(without), int(with_carrier))
