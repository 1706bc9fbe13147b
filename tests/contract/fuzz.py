"""schemathesis over the served document, as each role, held against what is known of it.

``python -m tests.contract.fuzz --examples 500`` (``make fuzz``) searches long and tells
which known findings did not come up any more; the test suite runs the same with few
examples. Every check and every phase; the twin is paused and seeded, a process of its
own for each role.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.api.server_process import Served, served

KNOWN = Path(__file__).with_name("known_findings.yaml")
QUICK = "tests.contract.twin_with_quick_hashes"
PHASES = "examples,coverage,fuzzing,stateful"
ROLES = ("Super Admin", "User", "nobody")
SPARE_KEYS = 25
"""Keys before the one in use: the operation that deletes keys by id takes small numbers first."""
PASSWORD = "Viel-Zu-Lang-42!"


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure of schemathesis."""

    operation: str
    check: str
    signature: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.check}: {self.signature}"


@dataclass(frozen=True, slots=True)
class Rule:
    """Findings that are known, and why they stay. All but check and reason are regular expressions."""

    check: str
    operations: str
    signature: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is one of these."""
        return (
            self.check == finding.check
            and re.fullmatch(self.operations, finding.operation) is not None
            and re.fullmatch(self.signature, finding.signature) is not None
        )


def known() -> list[Rule]:
    """What is known, from the baseline."""
    return [Rule(**rule) for rule in yaml.safe_load(KNOWN.read_text(encoding="utf-8"))]


@contextmanager
def as_role(role: str) -> Iterator[tuple[Served, str | None]]:
    """A served twin with some stock, and a credential of a role."""
    with served("--site", "demo", "--speed", "0", "--seed", "7", module=QUICK) as twin:
        for sku in ("CUP-BLUE", "TEA-250G"):
            twin.stock(sku)
        yield twin, {"Super Admin": _admin, "User": _user, "nobody": lambda _: None}[role](twin)


def _admin(twin: Served) -> str:
    for number in range(SPARE_KEYS):
        twin.ok("POST", "/api/v2/auth/generate_api_key", {"name": f"spare {number}"})
    return str(twin.ok("POST", "/api/v2/auth/generate_api_key", {"name": "fuzz"})["api_key"])


def _user(twin: Served) -> str:
    email = "fuzz@example.org"
    twin.ok("POST", "/api/v2/auth/create_account", {"username": "fuzz", "email": email, "role": "User"})
    [row] = twin.ok("GET", f"/api/v2/auth/users?email__eq={email}")["items"]
    change = {"email": email, "otp": row["otp"], "new_password": PASSWORD}
    twin.ok("POST", "/api/v2/auth/reset_password", change)
    tokens = twin.ok("POST", "/api/v2/auth/login", {"email": email, "password": PASSWORD})
    own = {"Authorization": f"Bearer {tokens['access_token']}"}
    for number in range(SPARE_KEYS):
        twin.client.post("/api/v2/auth/generate_api_key", json={"name": f"spare {number}"}, headers=own)
    made = twin.client.post("/api/v2/auth/generate_api_key", json={"name": "fuzz"}, headers=own)
    return str(made.json()["api_key"])


def findings(role: str, examples: int, phases: str = PHASES, *, loud: bool = False) -> set[Finding]:
    """All that schemathesis finds as a role. Raises AssertionError where it could not run to its end."""
    with as_role(role) as (twin, key), tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "findings.json"
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{twin.url}/openapi.json"]
        command += ["--phases", phases, "--checks", "all", "--max-examples", str(examples)]
        command += ["--generation-deterministic", "--continue-on-failure"]
        command += ["--no-color", "--baseline", str(record), "--baseline-update"]
        command += ["--header", f"Authorization: Bearer {key}"] if key else []
        done = subprocess.run(
            command,
            check=False,
            text=True,
            stdout=sys.stderr if loud else subprocess.PIPE,
            stderr=sys.stderr if loud else subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "NO_PROXY": "*"},
        )
        assert done.returncode in (0, 1), done.stdout
        assert loud or "generated" in done.stdout, done.stdout
        assert twin.ok("GET", "/_twin/health")["status"] == "alive", "the twin is still there"
        entries = json.loads(record.read_text())["entries"] if record.exists() else []
    return {Finding(one["operation"], one["check"], one["signature"]) for one in entries}


def unknown(found: set[Finding], rules: list[Rule]) -> list[Finding]:
    """Findings that no rule covers."""
    return sorted((f for f in found if not any(rule.covers(f) for rule in rules)), key=str)


def main() -> int:
    """Search long; 1 where something new was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=500, help="per operation and phase")
    parser.add_argument("--role", choices=ROLES, action="append", help="all if not given")
    options = parser.parse_args()
    rules, found = known(), set[Finding]()
    for role in options.role or ROLES:
        print(f"== as {role}", file=sys.stderr, flush=True)
        found |= findings(role, options.examples, loud=True)
    new = unknown(found, rules)
    stale = [rule for rule in rules if not any(rule.covers(finding) for finding in found)]
    report: dict[str, Any] = {
        "findings": len(found),
        "new": [str(one) for one in new],
        "no longer found": [f"{rule.operations}: {rule.check}: {rule.signature}" for rule in stale],
    }
    print(json.dumps(report, indent=1))
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
