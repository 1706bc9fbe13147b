"""The sections of a scenario file: every key with its shape, its meaning and what it goes with."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from twin.domain.faults import KIND_OF
from twin.domain.layout import Battery, Motion, PersonTimes
from twin.domain.work import FULFILLMENT, REPLENISHMENT
from twin.experiments.fields import Fields
from twin.experiments.scenario import model, rules
from twin.experiments.scenario.inline import Inline
from twin.experiments.scenario.kpinames import kpi_trouble, names_pattern
from twin.experiments.scenario.partial import Partial
from twin.experiments.scenario.policynames import POLICIES
from twin.experiments.scenario.settings import EngineSettings
from twin.experiments.scenario.shapes import (
    Choice,
    Duration,
    Either,
    Key,
    ListOf,
    Named,
    Number,
    Section,
    Shift,
    Target,
    Text,
    TimeOfDay,
    Whole,
)
from twin.experiments.scenario.varying import Vary
from twin.simulation import arriving

SCHEMA = 1
PERCENT = Whole(0, 100)
MANY = 1_000_000
FAULTS = tuple(KIND_OF)
Troubles = list[tuple[str, str]]

NEEDS = {
    arriving.POISSON: ("lines_per_hour",),
    arriving.EVEN: ("lines_per_hour",),
    arriving.WAVES: ("every", "orders_per_wave"),
    arriving.CLOSED: ("open_orders",),
    arriving.RECORDED: ("file",),
    arriving.REORDER: ("every", "reorder_percent", "up_to_percent"),
}
MAY = {
    arriving.POISSON: ("profile_percent", "lines_per_order", "pieces_per_line"),
    arriving.EVEN: ("profile_percent", "lines_per_order", "pieces_per_line"),
    arriving.WAVES: ("lines_per_order", "pieces_per_line"),
    arriving.CLOSED: ("lines_per_order", "pieces_per_line"),
    arriving.RECORDED: (),
    arriving.REORDER: (),
}
_ALWAYS = ("kind", "arrivals", "priority", "due", "begin", "end")


def _check_stream(stream: model.Stream, given: Fields) -> Troubles:
    arrivals = stream.arrivals
    troubles = [
        ("arrivals", f"{given.name} has arrivals {arrivals} but no {key}; add '{key}:'")
        for key in NEEDS[arrivals]
        if not given.given(key)
    ]
    usual = model.Stream()  # What is as usual may be written out.
    useless = [
        key
        for key in given.given(*STREAM.keys)
        if key not in FITTING[arrivals] and getattr(stream, key) != getattr(usual, key)
    ]
    uses = ", ".join((*NEEDS[arrivals], *MAY[arrivals]))
    troubles += [
        (key, f"{key} means nothing with arrivals {arrivals}; remove it ({arrivals} uses {uses})")
        for key in useless
    ]
    if arrivals == arriving.REORDER and stream.kind != "replenishment":
        troubles.append(("kind", "reorder makes replenishments; write kind: replenishment"))
    if stream.pieces_per_line.from_ > stream.pieces_per_line.to:
        troubles.append(("pieces_per_line", "from is more than to; exchange them"))
    if stream.end is not None and stream.end <= stream.begin:
        troubles.append(("end", f"{given.name} ends before it begins; give an end after begin"))
    if stream.due is not None and not stream.is_order:
        troubles.append(("due", "only orders are due, and these are replenishments; remove it"))
    if (stream.up_to_percent or 100) <= (stream.reorder_percent or 0):
        troubles.append(("up_to_percent", "up_to_percent must be more than reorder_percent; raise it"))
    if stream.profile_percent is not None and not any(stream.profile_percent):
        troubles.append(("profile_percent", "the profile is 0 at all hours; give at least one hour a share"))
    if isinstance(stream.lines_per_order, tuple) and not any(stream.lines_per_order):
        troubles.append(("lines_per_order", "all weights are 0; give at least one a value"))
    return troubles


def _check_site(site: model.SiteChoice, given: Fields) -> Troubles:
    if (site.file is None) == (site.inline is None):
        return [("file", "a site comes from a file or is given inline; write one of the two")]
    return []


def _check_stock(stock: model.Stock, given: Fields) -> Troubles:
    if stock.abc is None:
        return []
    sums = [sum(getattr(each, name) for each in stock.abc) for name in ("skus_percent", "lines_percent")]
    troubles = (
        []
        if sums == [100, 100]
        else [
            (
                "abc",
                f"the classes make up {sums[0]} % of the SKUs and {sums[1]} % of the lines; make both 100 %",
            )
        ]
    )
    if stock.zipf != model.Stock().zipf:
        troubles.append(("zipf", "popularity is given twice, by zipf and by abc; keep one"))
    return troubles


def _check_boxes(boxes: model.Boxes, given: Fields) -> Troubles:
    if boxes.whole + boxes.halves + boxes.quarters + boxes.mixed:
        return []
    return [("whole", "no carrier has a box; give at least one kind of division a weight")]


def _check_level(level: model.StartLevel, given: Fields) -> Troubles:
    if level.from_percent > level.to_percent:
        return [("from_percent", "from_percent is more than to_percent; exchange them")]
    return []


def _check_run(run: model.Run, given: Fields) -> Troubles:
    if isinstance(run.warm_up, int) and run.warm_up >= run.horizon:
        return [("warm_up", "the warm-up takes the whole horizon; shorten it or lengthen the horizon")]
    return []


def _check_until(until: model.Until, given: Fields) -> Troubles:
    trouble = kpi_trouble(until.kpi)
    troubles = [("kpi", trouble)] if trouble else []
    if until.at_least > until.at_most:
        troubles.append(("at_least", "at_least is more than at_most; lower it"))
    return troubles


def _check_scenario(scenario: model.Scenario, given: Fields) -> Troubles:
    troubles = []
    recorded = [name for name, stream in scenario.demand.items() if stream.arrivals == arriving.RECORDED]
    if recorded and scenario.stock.skus is not None:
        message = f"skus means nothing: the SKUs are those of the orders of {', '.join(recorded)}; remove it"
        troubles.append(("stock", message))
    if scenario.compare is not None and scenario.vary is None:
        troubles.append(("compare", "there is nothing to compare; add 'vary:' or remove compare"))
    return troubles


def _stream_name(name: str) -> str:
    fine = name.isidentifier() and name.isascii()
    return "" if fine else f"'{name[:40]}' is no name of a stream; use letters, digits and _"


def _fault_name(name: str) -> str:
    near = get_close_matches(name, FAULTS, 1)
    guess = f"did you mean '{near[0]}'? " if near else ""
    return (
        "" if name in FAULTS else f"'{name[:40]}' is no fault by chance; {guess}there are {', '.join(FAULTS)}"
    )


def _balcony_name(name: str) -> str:
    fine = name == "all" or (name.isascii() and name.isdigit() and not name.startswith("0"))
    return "" if fine else f"'{name[:40]}' is no balcony; write the id of one, or all"


SITE = Section(
    "site",
    model.SiteChoice,
    {
        "file": Key(Text(), "A shipped site by name, or a site file relative to the scenario file."),
        "inline": Key(Inline(), "A whole site, written as in a site file."),
        "battery": Key(Partial(Battery), "Battery figures that differ from the site's."),
        "motion": Key(Partial(Motion), "Figures of motion that differ from the site's."),
        "person": Key(Partial(PersonTimes), "Times of people that differ from the site's."),
    },
    _check_site,
    short="file",
    rules=rules.ONE_SOURCE,
)
FLEET = Section(
    "fleet",
    model.Fleet,
    {"bots_per_level": Key(Whole(1, 10_000), "Bots on each level; as the site says where it is missing.")},
)
BOXES = Section(
    "boxes",
    model.Boxes,
    {
        "whole": Key(Whole(0, 1000), "Weight of carriers with one box over all 32 sections."),
        "halves": Key(Whole(0, 1000), "Weight of carriers with two boxes of 16 sections."),
        "quarters": Key(Whole(0, 1000), "Weight of carriers with four boxes of 8 sections."),
        "mixed": Key(Whole(0, 1000), "Weight of carriers with a box of 16 and two of 8 sections."),
    },
    _check_boxes,
    rules=rules.not_all_zero(("whole", "halves", "quarters", "mixed")),
)
ABC = Section(
    "class",
    model.AbcClass,
    {
        "skus_percent": Key(Whole(1, 100), "Share of the SKUs.", needed=True),
        "lines_percent": Key(Whole(0, 100), "Share of the order lines.", needed=True),
    },
)
LEVEL = Section(
    "start level",
    model.StartLevel,
    {
        "from_percent": Key(PERCENT, "Every SKU starts with more than this share of its room."),
        "to_percent": Key(PERCENT, "Every SKU starts with at most this share of its room."),
    },
    _check_level,
)
STOCK = Section(
    "stock",
    model.Stock,
    {
        "fill_percent": Key(PERCENT, "Share of the storage positions with a carrier; else as the site says."),
        "skus": Key(Whole(1, MANY), "Number of SKUs; one for every six boxes where it is missing."),
        "boxes": Key(BOXES, "How carriers are divided into boxes."),
        "loaded_percent": Key(PERCENT, "Share of the boxes that hold an SKU."),
        "pieces_per_box": Key(Whole(1, MANY), "Room of a box; it starts with 1 to this many pieces."),
        "start_level": Key(
            Either(
                Choice((model.EQUILIBRIUM, model.RANDOM)),
                mapping=LEVEL,
                advice="write equilibrium, random, or from_percent: and to_percent:",
            ),
            "Pieces of each SKU at the start: anywhere between reorder_percent and up_to_percent of a "
            "reorder stream (equilibrium; random where there is none), each box by itself (random), "
            "or between shares.",
        ),
        "zipf": Key(Number(0, 3), "Popularity falls as 1 / rank ** zipf; 0 makes all SKUs alike."),
        "abc": Key(ListOf(ABC, most=26), "Popularity by classes, most popular first, instead of zipf."),
        "placement": Key(
            Choice(("random", "popular_in_front")),
            "Where SKUs lie: anywhere, or the most popular ones on the carriers that are got at first.",
        ),
        "on_empty": Key(
            Choice(("keep", "unassign")), "Whether an emptied box keeps its SKU and can be filled again."
        ),
    },
    _check_stock,
    rules=rules.ONE_POPULARITY,
)
PIECES = Section(
    "pieces",
    model.Pieces,
    {
        "from": Key(Whole(1, MANY), "Fewest pieces of a line."),
        "to": Key(Whole(1, MANY), "Most pieces of a line."),
    },
)
FITTING = {arrivals: (*_ALWAYS, *NEEDS[arrivals], *MAY[arrivals]) for arrivals in arriving.ARRIVALS}
STREAM = Section(
    "stream",
    model.Stream,
    {
        "kind": Key(
            Choice((FULFILLMENT.lower(), REPLENISHMENT.lower())), "Whether pieces are picked or filled in."
        ),
        "arrivals": Key(
            Choice(arriving.ARRIVALS),
            "When orders come: poisson, deterministic (evenly spaced), waves (many at once), closed_loop "
            "(always as many open), recorded (from a file), reorder (SKUs that run low are filled up).",
        ),
        "lines_per_hour": Key(Whole(1, MANY), "Mean order lines an hour, where the profile says 100 %."),
        "profile_percent": Key(
            ListOf(Whole(0, 1000), 24, 24), "24 values, midnight first: percent of the rate in each hour."
        ),
        "every": Key(Duration(1000), "Time between waves, or between looks at the reorder points."),
        "orders_per_wave": Key(Whole(1, 100_000), "Orders that come together."),
        "open_orders": Key(Whole(1, 100_000), "Orders that are open all the time."),
        "file": Key(Text(), "CSV or Parquet with the columns time, order, SKU, quantity."),
        "reorder_percent": Key(PERCENT, "SKUs with at most this share of their room are filled up."),
        "up_to_percent": Key(PERCENT, "Share of the room up to which they are filled."),
        "lines_per_order": Key(
            Either(
                Number(1, 1000), ListOf(Whole(0, MANY), most=100), advice="write a mean or a list of weights"
            ),
            "Mean of a geometric number of lines, or the weights of 1, 2, 3 ... lines.",
        ),
        "pieces_per_line": Key(PIECES, "Pieces of a line, each number equally likely."),
        "priority": Key(Whole(-1000, 1000), "Larger is more urgent."),
        "due": Key(Duration(1000), "How long after it was placed an order of this stream is due."),
        "begin": Key(Duration(), "Simulated time at which the stream begins."),
        "end": Key(Duration(), "Simulated time at which it ends; else the horizon."),
    },
    _check_stream,
    rules=rules.stream(NEEDS, FITTING),
)
PERSON = Section(
    "person",
    model.Person,
    {
        "shifts": Key(
            ListOf(Shift(), most=24), 'Times of day with somebody there: "06:00-14:00"; always where missing.'
        ),
        "times": Key(Partial(PersonTimes), "Times that differ from those of the site."),
    },
)
CHANCE = Section(
    "fault",
    model.Chance,
    {
        "every": Key(Duration(1000), "Mean time between two on the whole site.", needed=True),
        "repair": Key(Duration(1), "Mean time to repair; the usual one of its kind where it is missing."),
        "repair_cv_percent": Key(Whole(0, 1000), "Coefficient of variation of repairs, in percent."),
    },
    short="every",
)
UNTIL = Section(
    "replications",
    model.Until,
    {
        "kpi": Key(Text(pattern=names_pattern()), "The KPI whose interval decides.", needed=True),
        "half_width_percent": Key(
            Number(0.01, 100), "Replications are added until half the interval is at most this.", needed=True
        ),
        "at_least": Key(Whole(2, 10_000), "Replications that are made in any case."),
        "at_most": Key(Whole(2, 10_000), "Where to stop even if the interval is still too wide."),
    },
    _check_until,
)
RUN = Section(
    "run",
    model.Run,
    {
        "horizon": Key(Duration(1000), "Simulated time of one replication, warm-up included.", needed=True),
        "warm_up": Key(
            Duration(words=("mser5",)),
            "Leading time that no KPI counts; mser5 finds it (and takes a pilot run).",
        ),
        "replications": Key(
            Either(Whole(1, 10_000), mapping=UNTIL, advice="write a number, or kpi: and half_width_percent:"),
            "How many, or until which interval.",
        ),
        "seed": Key(Whole(0, 2**31), "Replication i draws from seed + i."),
        "events": Key(
            Choice((model.NO_EVENTS, model.FIRST_EVENTS, model.ALL_EVENTS)),
            "Whether results have the events of no, the first, or all replications of each variant.",
        ),
        "start": Key(TimeOfDay(), "Time of day at simulated time 0, for profiles and shifts."),
    },
    _check_run,
)
SCENARIO = Section(
    "Scenario of the storage twin",
    model.Scenario,
    {
        "schema": Key(Whole(SCHEMA, SCHEMA), "Version of the format.", needed=True),
        "name": Key(Text(60), "What it is called in results.", needed=True),
        "description": Key(Text(1000), "What is asked, for people."),
        "site": Key(SITE, "The warehouse.", needed=True),
        "fleet": Key(FLEET, "The bots."),
        "stock": Key(STOCK, "What is in store at the start."),
        "people": Key(
            Named(PERSON, _balcony_name, rules.BALCONY_NAMES),
            "People by balcony: its id, or all for those not named.",
        ),
        "demand": Key(Named(STREAM, _stream_name, rules.STREAM_NAMES), "Streams of orders, by name."),
        "due": Key(Duration(1000), "How long after it was placed an order is due, unless its stream says."),
        "faults": Key(
            Named(CHANCE, _fault_name, {"propertyNames": {"enum": list(FAULTS)}}),
            f"Faults by chance: {', '.join(FAULTS)}.",
        ),
        "policies": Key(POLICIES, "Who decides what, by name."),
        "settings": Key(EngineSettings(), "Settings of the API that count in a run too, by the same keys."),
        "run": Key(RUN, "How it is run.", needed=True),
        "vary": Key(Vary(), "What is varied: values by key (all combinations), or a list of named variants."),
        "compare": Key(
            Text(), "The variant that the others are compared with; baseline is the file as it is."
        ),
        "targets": Key(
            Named(Target(), kpi_trouble, rules.targets()),
            'What KPIs shall reach, such as lines_per_hour: ">= 500".',
        ),
    },
    _check_scenario,
    rules=rules.scenario(),
)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of scenario files, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SCENARIO.schema()}
