"""``python -m benchmarks.validation``: run all cases and write ``docs/validation.md``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.validation import page
from benchmarks.validation.samples import Samples
from twin.experiments.statistics import Interval


def main() -> None:
    """Write the page; the exit status is 1 if more figures disagree than chance explains."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="replications of each case with chance")
    parser.add_argument("--keep", type=Path, help="a file of finished runs, which are not run again")
    options = parser.parse_args()
    wrong = page.write(options.runs, Samples(options.keep))
    for row in wrong:
        print(row.line(), file=sys.stderr)
    sys.exit(len(wrong) > 2 or any(not isinstance(row.seen, Interval) for row in wrong))


if __name__ == "__main__":
    main()
