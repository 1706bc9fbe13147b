"""schemathesis, briefly: every check, as each role. `make fuzz` searches long, in every phase as each role.

The phase *coverage* takes most of the time and hardly depends on who asks: here it runs as the one who may
do everything.
"""

from __future__ import annotations

import pytest

from tests.contract.fuzz import PHASES, findings, known, unknown

EXAMPLES = 2
WITHOUT_COVERAGE = "examples,fuzzing,stateful"


@pytest.mark.parametrize(
    ("role", "phases"),
    [("Super Admin", PHASES), ("User", WITHOUT_COVERAGE), ("nobody", WITHOUT_COVERAGE)],
)
def test_schemathesis_finds_nothing_that_is_not_known_with_its_reason(role: str, phases: str) -> None:
    found = findings(role, EXAMPLES, phases)
    assert unknown(found, known()) == []
    assert found, "it has looked: some of what is known comes up every time"


def test_every_known_finding_has_a_reason() -> None:
    assert all(len(rule.reason) > 20 for rule in known())
