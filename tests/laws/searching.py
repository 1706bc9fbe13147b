"""How many examples the laws try."""

from __future__ import annotations

from hypothesis import Phase, settings


def laws(in_ci: int) -> settings:
    """Try ``in_ci`` examples, many more in the profile that searches; only there failures are shrunk.

    Shrinking whole runs takes minutes; the examples of ``ci`` come again at every run.
    """
    profile = settings.get_current_profile_name()
    shrinking = [Phase.shrink] if profile == "search" else []
    return settings(
        max_examples=in_ci * settings.default.max_examples // 100,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *shrinking],
        report_multiple_bugs=False,
    )
