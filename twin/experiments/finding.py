"""Files that are shipped, by name: sites, scenarios."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

import twin
from twin.domain.errors import Refusal


def shipped(folder: str) -> dict[str, Path]:
    """The YAML files of a folder below ``scenarios`` by name, sorted.

    Those of a source tree go before those of an installed package.
    """
    package = Path(twin.__file__).parent
    found = {
        path.stem: path
        for root in (package / "_scenarios", package.parent / "scenarios")
        for path in (root / folder).glob("*.yaml")
    }
    return dict(sorted(found.items()))


def shipped_file(name_or_path: str, folder: str, kind: str, refuse: Callable[[str], Refusal]) -> Path:
    """A file: a path, or the name of a shipped one. Raises what ``refuse`` makes where there is none."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml") or _is_file(path):
        return path
    known = shipped(folder)
    if name_or_path not in known:
        near = get_close_matches(name_or_path, known, 1)
        guess = f"did you mean '{near[0]}'? " if near else ""
        names = ", ".join(known) or "none"
        raise refuse(f"there is no {kind} file or shipped {kind} '{name_or_path}'; {guess}shipped: {names}")
    return known[name_or_path]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False
