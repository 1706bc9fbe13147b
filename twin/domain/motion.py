"""Kinematics of a bot that starts and stops at rest: pure functions of geometry and limits.

A run accelerates at ``a``, drives at ``v`` if it is long enough to reach it, and
brakes at ``b``. With ``k = (1/a + 1/b) / 2`` it reaches ``v`` from the distance
``v**2 * k`` on, and takes ``d/v + v*k`` there and ``2*sqrt(d*k)`` below
(`docs/physics.md`; elementary mechanics, validation cases 1 to 3). Nothing here
reads a clock or draws a number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from twin.domain.layout import Drive


def travel_time_s(
    distance_m: float, speed_m_s: float, acceleration_m_s2: float, deceleration_m_s2: float
) -> float:
    """Seconds from rest to rest over ``distance_m``: trapezoidal profile, triangular below ``v**2 * k``.

    Raises ValueError for a negative or infinite distance and for limits that are not positive.
    """
    return _profile(distance_m, speed_m_s, acceleration_m_s2, deceleration_m_s2).duration


def time_at(
    covered_m: float, distance_m: float, speed_m_s: float, acceleration_m_s2: float, deceleration_m_s2: float
) -> float:
    """Seconds after departure at which a run of ``distance_m`` has covered ``covered_m``.

    The inverse of `position_at`. Raises ValueError as `travel_time_s` does, and
    unless ``0 <= covered_m <= distance_m``.
    """
    return _profile(distance_m, speed_m_s, acceleration_m_s2, deceleration_m_s2).time_at(covered_m)


def position_at(
    elapsed_s: float, distance_m: float, speed_m_s: float, acceleration_m_s2: float, deceleration_m_s2: float
) -> float:
    """Metres covered ``elapsed_s`` seconds after the departure on a run of ``distance_m``.

    Raises ValueError as `travel_time_s` does, and unless ``elapsed_s`` lies within the run.
    """
    return _profile(distance_m, speed_m_s, acceleration_m_s2, deceleration_m_s2).position_at(elapsed_s)


@dataclass(frozen=True, slots=True)
class _Profile:
    """The velocity profile of one run, in seconds and any one unit of length."""

    distance: float
    peak: float
    acceleration: float
    deceleration: float

    @property
    def rise(self) -> float:
        """Distance covered while accelerating: ``peak**2 / 2a``."""
        return self.peak * self.peak / (2 * self.acceleration)

    @property
    def fall(self) -> float:
        """Distance covered while braking: ``peak**2 / 2b``."""
        return self.peak * self.peak / (2 * self.deceleration)

    @property
    def duration(self) -> float:
        """``d/p + p*k``, which is ``2*sqrt(d*k)`` where the peak ``p`` is ``sqrt(d/k)``."""
        if self.distance == 0:
            return 0.0
        return self.distance / self.peak + self.peak * _inertia(self.acceleration, self.deceleration)

    def time_at(self, covered: float) -> float:
        if not 0 <= covered <= self.distance:
            raise ValueError(f"{covered} is not on a run of length {self.distance}")
        if covered <= self.rise:
            return math.sqrt(2 * covered / self.acceleration)
        ahead = self.distance - covered
        if ahead <= self.fall:
            return self.duration - math.sqrt(2 * ahead / self.deceleration)
        return self.peak / self.acceleration + (covered - self.rise) / self.peak

    def position_at(self, elapsed: float) -> float:
        if not 0 <= elapsed <= self.duration:
            raise ValueError(f"{elapsed} s is not within a run of {self.duration} s")
        speeding_up = self.peak / self.acceleration
        if elapsed <= speeding_up:
            return self.acceleration * elapsed * elapsed / 2
        left = self.duration - elapsed
        if left <= self.peak / self.deceleration:
            return self.distance - self.deceleration * left * left / 2
        return self.rise + (elapsed - speeding_up) * self.peak


def _profile(distance: float, speed: float, acceleration: float, deceleration: float) -> _Profile:
    """The profile of a run; raises ValueError for what no bot can do."""
    if not (0 <= distance < math.inf):
        raise ValueError(f"a run cannot be {distance} long")
    if not (speed > 0 and acceleration > 0 and deceleration > 0):
        raise ValueError(
            f"speed {speed}, acceleration {acceleration}, deceleration {deceleration} must be > 0"
        )
    peak = min(speed, math.sqrt(distance / _inertia(acceleration, deceleration)))
    return _Profile(distance, peak, acceleration, deceleration)


def _inertia(acceleration: float, deceleration: float) -> float:
    """``k = (1/a + 1/b) / 2``: what a speed of 1 costs in seconds for starting and stopping."""
    return (1 / acceleration + 1 / deceleration) / 2


@dataclass(frozen=True, slots=True)
class RunProfile:
    """When a bot on a straight run of ``n`` cells holds which cell, in ms after its departure.

    A bot fills one whole cell. Cell ``i`` (0 is the start, ``n`` the goal) is held
    from ``enter_ms[i]``, when the bot's front reaches it, to ``leave_ms[i]``, when
    its rear has left it. Entering is rounded down and leaving up, so that a window
    is never shorter than the truth and the windows of neighbours overlap. The goal
    stays held: ``leave_ms[n]`` is the arrival, a placeholder for whoever knows more.
    """

    duration_ms: int
    enter_ms: tuple[int, ...]
    leave_ms: tuple[int, ...]


@lru_cache(maxsize=64)
def run_profiles(drive: Drive, pitch_mm: int, longest: int) -> tuple[RunProfile, ...]:
    """The profiles of straight runs over 0, 1, ... ``longest`` cells of ``pitch_mm``, indexed by cells.

    Raises ValueError for limits or a pitch that are not positive, or a negative ``longest``.
    """
    if pitch_mm <= 0 or longest < 0:
        raise ValueError(f"no runs over 0 to {longest} cells of {pitch_mm} mm")
    return tuple(_run_profile(drive, pitch_mm, n) for n in range(longest + 1))


@lru_cache(maxsize=64)
def brake_times(drive: Drive, pitch_mm: int, longest: int) -> tuple[int, ...]:
    """Until when, in ms after its departure, a bot can still decide to stop after 0 to ``longest`` cells.

    A run over ``n`` cells begins to brake ``p / b`` before its end (``p`` its peak speed). Up to
    then it is the beginning of every longer run, second by second.
    """
    profiles = (
        _profile(n * pitch_mm, drive.speed_mm_s, drive.acceleration_mm_s2, drive.deceleration_mm_s2)
        for n in range(longest + 1)
    )
    return tuple(math.floor(_ms(p.duration - p.peak / p.deceleration)) for p in profiles)


def _run_profile(drive: Drive, pitch_mm: int, n: int) -> RunProfile:
    profile = _profile(n * pitch_mm, drive.speed_mm_s, drive.acceleration_mm_s2, drive.deceleration_mm_s2)
    passed = [_ms(profile.time_at(i * pitch_mm)) for i in range(n + 1)]  # centre over cell i
    duration = math.floor(_ms(profile.duration) + 0.5)
    enter = (0, *(math.floor(passed[i - 1]) for i in range(1, n + 1)))
    leave = (*(min(math.ceil(passed[i + 1]), duration) for i in range(n)), duration)
    return RunProfile(duration, enter, leave)


def _ms(seconds: float) -> float:
    """Milliseconds without float noise.

    A time of exactly 6 s may come out as 6000.0000000001 ms, whose ceiling would
    be one ms too late on one machine and right on another. Noise is near 1e-12
    relative; a millionth of a ms, in which no bot moves by two nanometres, is far
    above it and far below what is modelled.
    """
    return round(seconds * 1000, 6)
