"""Wrong scenario files: each is refused with the line, what is wrong, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.domain.errors import Refusal
from twin.experiments.scenario.reading import find_scenario, parse_study

GOOD = """\
schema: 1
name: good
site: tiny
fleet: {bots_per_level: 2}
demand:
  orders: {lines_per_hour: 60}
run: {horizon: 1 h, warm_up: 10 min, replications: 2}
"""


def changed(old: str, new: str) -> str:
    """The good file with one thing changed."""
    assert old in GOOD
    return GOOD.replace(old, new)


WRONG: dict[str, tuple[str, str]] = {
    "a key that is misspelt": (changed("bots_per_level", "bots_per_levl"), ""),
    "a time without its unit": (changed("1 h", "8"), ""),
    "a unit that is none": (changed("10 min", "10 minutes"), ""),
    "a unit of something else": (changed("10 min", "10 kg"), ""),
    "more bots than places": (changed("2}\ndemand", "9}\ndemand"), ""),
    "a warm-up as long as the run": (changed("10 min", "60 min"), ""),
    "arrivals that need more": (changed("{lines_per_hour: 60}", "{arrivals: closed_loop}"), ""),
    "a key that means nothing there": (changed("60}", "60, open_orders: 4}"), ""),
    "an unknown word": (changed("60}", "60, arrivals: poison}"), ""),
    "a site that there is not": (changed("site: tiny", "site: tinny"), ""),
    "a varied key that there is not": (GOOD + "vary:\n  demand.order.lines_per_hour: [60, 120]\n", ""),
    "a varied value that is impossible": (GOOD + "vary:\n  fleet.bots_per_level: [1, 2,\n    400000]\n", ""),
    "a target that is no bound": (GOOD + "targets:\n  lines_per_hour: 500\n", ""),
    "a share that is none": (GOOD + "stock: {fill_percent: 120}\n", ""),
    "a level too full to dig": (GOOD + "stock:\n  fill_percent: 100\n", ""),
    "classes that are not the whole": (
        GOOD + "stock:\n  abc: [{skus_percent: 20, lines_percent: 80}, {skus_percent: 80, lines_percent: 15}]\n",
        "",
    ),
    "a comparison with nobody": (GOOD + "vary: {fleet.bots_per_level: [1]}\ncompare: bseline\n", ""),
    "several at once": (changed("name: good", "nam: good").replace("replications: 2", "replications: 0"), ""),
    "a schema of another version": (changed("schema: 1", "schema: 2"), ""),
    "no mapping at all": ("- schema: 1\n", ""),
    "an order file that there is not": (
        changed("{lines_per_hour: 60}", "{arrivals: recorded, file: orders.csv}"),
        "",
    ),
}


def refusal(text: str, folder: Path = Path("nowhere"), settings: tuple[str, ...] = ()) -> str:
    """What is said about a text."""
    with pytest.raises(Refusal) as caught:
        parse_study(text, "s.yaml", folder, settings)
    return str(caught.value)
