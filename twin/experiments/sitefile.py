"""Sites from YAML files. What is wrong with a file is said by line and column, all at once."""

from __future__ import annotations

from pathlib import Path

from twin.domain.errors import SiteRefused
from twin.domain.layout import Site
from twin.experiments.fields import Problems
from twin.experiments.finding import shipped, shipped_file
from twin.experiments.sitereader import SiteReader
from twin.experiments.yamlnodes import NotYaml, compose, mark_at, normalised

SITES = "sites"


def load_site(path: Path) -> Site:
    """The site that a file describes. Raises SiteRefused."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = (error.strerror if isinstance(error, OSError) else None) or "it cannot be read"
        raise SiteRefused(f"{path}:1:1: {reason}; name a readable site file") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        mark = mark_at(before, len(before))
        reason = f"the byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise SiteRefused(f"{path}:{mark.line}:{mark.column}: {reason}") from None
    return parse_site(text, str(path))


def parse_site(text: str, source: str) -> Site:
    """The site that a YAML text describes. Raises SiteRefused; ``source`` names the text in it."""
    text, problems = normalised(text), Problems(source)
    try:
        root = compose(text)
    except NotYaml as error:
        problems.add(error.mark, str(error))
        raise problems.refusal() from None
    return SiteReader(text, problems).read(root)


def find_site(name_or_path: str) -> Path:
    """The file of a site: a path, or the name of a shipped site. Raises SiteRefused."""
    return shipped_file(name_or_path, SITES, "site", SiteRefused)


def shipped_sites() -> dict[str, Path]:
    """Site files by name, sorted; those of a source tree go before those of an installed package."""
    return shipped(SITES)
