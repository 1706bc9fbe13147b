"""What all tests share: how hypothesis searches, and a small site.

Hypothesis tries the same examples every time, unless asked for new ones.

``ci`` (the default) derives its examples from the tests themselves, so that a run is
never red by chance. ``search`` draws new ones and twenty times as many:
``HYPOTHESIS_PROFILE=search pytest tests/laws``. ``soak`` tries a hundred times as many as
``ci``, the same every time (``make soak``).
"""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from twin.domain.layout import Balcony, BotStart, CarrierStart, Level, Motion, Place, Site

SLOW_ON_PURPOSE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=100,
    print_blob=True,
    suppress_health_check=SLOW_ON_PURPOSE,
)
settings.register_profile(
    "search", deadline=None, max_examples=2000, print_blob=True, suppress_health_check=SLOW_ON_PURPOSE
)
settings.register_profile(
    "soak",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=10_000,
    print_blob=True,
    suppress_health_check=SLOW_ON_PURPOSE,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts this in the background has interrupts ignored, by every process below, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


SMALL_MAP = ("p#bb#p", "......", "ssss##", "ssss##", "ssss##")
"""Four lanes three deep, an aisle along them, one balcony with two handover places, two parking places."""


@pytest.fixture
def small_site() -> Site:
    """One level of ``SMALL_MAP``, two bots, six carriers: three in lane 0, two in lane 1, one in lane 2.

    1001 is deepest in lane 0, then 1002, then 1003 in front; 1004 and 1005 in lane 1; 1006 in lane 2.
    """
    level = Level(1, 0, SMALL_MAP)
    spots = ((0, 4), (0, 3), (0, 2), (1, 4), (1, 3), (2, 4))
    return Site(
        name="small",
        pitch_mm=600,
        motion=Motion(),
        levels=(level,),
        balconies=(Balcony(1, (Place(1, 2, 0), Place(1, 3, 0))),),
        bots=(BotStart(1, 1, 0, 0), BotStart(2, 1, 5, 0)),
        carriers=tuple(CarrierStart(id_, 1, x, y) for id_, (x, y) in enumerate(spots, 1001)),
    )
