"""How hypothesis searches: the same examples every time, unless asked for new ones.

``ci`` (the default) derives its examples from the tests themselves, so that a run is
never red by chance. ``search`` draws new ones and twenty times as many:
``HYPOTHESIS_PROFILE=search pytest tests/laws``.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

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
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
