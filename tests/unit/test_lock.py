"""What is installed: the locks have all that the project asks for, in versions that it takes, with hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BUILD = [
    line for line in (ROOT / ".ci/build.in").read_text(encoding="utf-8").splitlines() if line[0].isalpha()
]
BASE = [*PROJECT["dependencies"], *BUILD]
ALL = [*BASE, *(one for extra in PROJECT["optional-dependencies"].values() for one in extra)]


def locked(name: str) -> list[Requirement]:
    """The lines of a lock, each without its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(re.findall(r"^\S+==", text, re.M)) == len(re.findall(r"==[^\\]*\\\n +--hash=sha256:", text))
    return [Requirement(line.rstrip(" \\")) for line in text.splitlines() if re.match(r"\S+==", line)]


@pytest.mark.parametrize(
    ("lock", "wanted"), [("requirements.lock", BASE), ("requirements-dev.lock", ALL)], ids=str
)
def test_the_lock_has_all_that_the_project_asks_for(lock: str, wanted: list[str]) -> None:
    pinned: dict[str, list[str]] = {}
    for one in locked(lock):
        [version] = one.specifier
        pinned.setdefault(canonicalize_name(one.name), []).append(version.version)
    for requirement in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not in {lock}: make lock"
        held = all(requirement.specifier.contains(version) for version in versions)
        assert held, f"{requirement}: make lock"


def test_tests_run_with_what_users_install() -> None:
    with_tests = {str(one) for one in locked("requirements-dev.lock")}
    assert {str(one) for one in locked("requirements.lock")} <= with_tests
