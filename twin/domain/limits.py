"""The smallest and largest sensible values of a site's numbers. Units are in the names."""

from __future__ import annotations

from collections.abc import Mapping

MAX_ID = 2_147_483_647
MAX_LEVELS = 1000
MAX_POSITIONS = 1_000_000
"""Of all levels of a site together; more would not fit into the memory of one machine."""

LIMITS: Mapping[str, tuple[int, int]] = {
    "id": (1, MAX_ID),
    "pitch_mm": (1, 100_000),
    "height_mm": (0, 1_000_000),
    "speed_mm_s": (1, 100_000),
    "acceleration_mm_s2": (1, 100_000),
    "deceleration_mm_s2": (1, 100_000),
    "turn_ms": (0, 3_600_000),
    "lift_ms": (0, 3_600_000),
    "lower_ms": (0, 3_600_000),
    "handling_ms": (0, 86_400_000),
    "line_ms": (1, 86_400_000),
    "line_cv_percent": (0, 1000),
    "line_spread_ms": (0, 86_400_000),
    "capacity_wh": (1, 1_000_000),
    "idle_w": (0, 100_000),
    "drive_unladen_w": (0, 100_000),
    "drive_laden_w": (0, 100_000),
    "lift_w": (0, 100_000),
    "charge_w": (1, 1_000_000),
    "cc_until_percent": (1, 100),
    "low_percent": (0, 99),
    "enough_percent": (1, 99),
    "reserve_percent": (0, 99),
    "start_percent": (1, 100),
    "start_to_percent": (1, 100),
}
