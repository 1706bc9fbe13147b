"""``python -m benchmarks.policies``: run the comparison and write its tables into ``docs/policies.md``.

All policies get the same orders, persons and stock in a replication (common random numbers), so that
what a policy changes is a mean of paired differences, with a 95 % t-interval of its own. ``--keep``
names a file of finished runs: what is in it is not run again (runs of another version of the twin do
not belong there).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from benchmarks.policies.settings import full_batteries, settings
from benchmarks.policies.tables import one_at_a_time, together
from benchmarks.policies.trials import Trials

DOCS = Path(__file__).parents[2] / "docs" / "policies.md"
BEGIN, END = "<!-- tables: make policies -->\n", "<!-- end of tables -->\n"


def main() -> None:
    """Print the tables as they grow; in the end put them in the page, unless a site was named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies", description=__doc__)
    parser.add_argument("--site", choices=list(settings()), action="append")
    parser.add_argument("--replications", type=int, help="instead of 5 (reference) or 10")
    parser.add_argument("--keep", type=Path, help="a file of finished runs, made if it is not there")
    options = parser.parse_args()
    trials = Trials(options.keep)
    lines = list(_told(_tables(trials, options.site or list(settings()), options.replications)))
    if options.site is None:
        write("".join(f"{line}\n" for line in lines))


def _tables(trials: Trials, sites: list[str], replications: int | None) -> Iterable[str]:
    known = settings()
    yield from ("#### Together", "")
    for name in sites:
        yield from together(trials, known[name], replications or known[name].replications)
    yield from ("#### Full batteries", "")
    for key, setting in full_batteries().items():
        if key.partition(",")[0] in sites:
            yield from together(trials, setting, replications or setting.replications)
    yield from ("#### One at a time", "")
    for name in sites:
        yield from one_at_a_time(trials, known[name], replications or known[name].replications)


def _told(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        print(line, flush=True)
        yield line


def write(tables: str, page: Path = DOCS) -> None:
    """Put the tables between their marks in the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{tables}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
