"""Policies as hypothesis draws them: any name for every decision, mostly not the defaults."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import strategies as st

from twin.policies import registry
from twin.policies.chosen import Choice


def _texts(decision: str) -> list[str]:
    return [f"{decision}={name}" for name in registry.names(decision)]


CHOICES = st.tuples(*(st.sampled_from(_texts(f.name)) for f in fields(Choice)))
"""One name for each decision, as texts like ``dispatch=nearest``."""
