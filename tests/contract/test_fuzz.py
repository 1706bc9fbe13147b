"""schemathesis, briefly: every check and every phase, as each role. `make fuzz` searches long."""

from __future__ import annotations

import pytest

from tests.contract.fuzz import ROLES, findings, known, unknown

EXAMPLES = 2


@pytest.mark.parametrize("role", ROLES)
def test_schemathesis_finds_nothing_that_is_not_known_with_its_reason(role: str) -> None:
    found = findings(role, EXAMPLES)
    assert unknown(found, known()) == []
    assert any(finding.check == "allow_header_conformance" for finding in found), "it has looked"


def test_every_known_finding_has_a_reason() -> None:
    assert all(len(rule.reason) > 20 for rule in known())
