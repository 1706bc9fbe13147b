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
    "a key that is misspelt": (
        changed("bots_per_level", "bots_per_levl"),
        "s.yaml:4:9: unknown key 'bots_per_levl' in fleet; did you mean 'bots_per_level'?",
    ),
    "a time without its unit": (
        changed("1 h", "8"),
        "s.yaml:7:16: run.horizon is 8, a number without a unit; write 8 s, 8 min or 8 h",
    ),
    "a unit that is none": (
        changed("10 min", "10 minutes"),
        "s.yaml:7:30: run.warm_up is 10 minutes, not a time: 'minutes' is no unit of time; did you mean 10 min? the units are ms, s, min, h, d (or mser5)",  # noqa: E501  # noqa: E501
    ),
    "a unit of something else": (
        changed("10 min", "10 kg"),
        "s.yaml:7:30: run.warm_up is 10 kg, not a time: 'kg' is no unit of time; the units are ms, s, min, h, d (or mser5)",  # noqa: E501  # noqa: E501
    ),
    "more bots than places": (
        changed("2}\ndemand", "9}\ndemand"),
        "s.yaml:4:25: level 1 has 3 parking places and chargers for 9 bots; draw 6 more 'p' or 'c', or take fewer bots",  # noqa: E501  # noqa: E501
    ),
    "a warm-up as long as the run": (
        changed("10 min", "60 min"),
        "s.yaml:7:21: the warm-up takes the whole horizon; shorten it or lengthen the horizon",
    ),
    "arrivals that need more": (
        changed("{lines_per_hour: 60}", "{arrivals: closed_loop}"),
        "s.yaml:6:12: demand.orders has arrivals closed_loop but no open_orders; add 'open_orders:'",
    ),
    "a key that means nothing there": (
        changed("60}", "60, open_orders: 4}"),
        "s.yaml:6:32: open_orders means nothing with arrivals poisson; remove it (poisson uses lines_per_hour, profile_percent, lines_per_order, pieces_per_line)",  # noqa: E501  # noqa: E501
    ),
    "an unknown word": (
        changed("60}", "60, arrivals: poison}"),
        "s.yaml:6:42: demand.orders.arrivals is poison; did you mean 'poisson'? choose poisson or deterministic or waves or closed_loop or recorded or reorder",  # noqa: E501  # noqa: E501
    ),
    "a site that there is not": (
        changed("site: tiny", "site: tinny"),
        "s.yaml:3:7: there is no site file or shipped site 'tinny'; did you mean 'tiny'? shipped: demo, reference, tiny",  # noqa: E501  # noqa: E501
    ),
    "a varied key that there is not": (
        GOOD + "vary:\n  demand.order.lines_per_hour: [60, 120]\n",
        "s.yaml:9:33: demand.order.lines_per_hour: there is no stream 'order'; did you mean 'orders'?",
    ),
    "a varied value that is impossible": (
        GOOD + "vary:\n  fleet.bots_per_level: [1, 2,\n    400000]\n",
        "s.yaml:10:5: fleet.bots_per_level is 400000; give a value from 1 to 10000",
    ),
    "a target that is no bound": (
        GOOD + "targets:\n  lines_per_hour: 500\n",
        's.yaml:9:19: targets.lines_per_hour is 500, not a bound; write ">= 500" or the like, in quotes',
    ),
    "a share that is none": (
        GOOD + "stock: {fill_percent: 120}\n",
        "s.yaml:8:23: stock.fill_percent is 120; give a value from 0 to 100",
    ),
    "a level too full to dig": (
        GOOD + "stock:\n  fill_percent: 100\n",
        "s.yaml:9:17: level 1 too full to dig: depth 2 needs 1 free reachable position, has 0; remove 1 carrier or add positions",  # noqa: E501  # noqa: E501
    ),
    "classes that are not the whole": (
        GOOD
        + "stock:\n  abc: [{skus_percent: 20, lines_percent: 80}, {skus_percent: 80, lines_percent: 15}]\n",
        "s.yaml:9:3: the classes make up 100 % of the SKUs and 95 % of the lines; make both 100 %",
    ),
    "a comparison with nobody": (
        GOOD + "vary: {fleet.bots_per_level: [1]}\ncompare: bseline\n",
        "s.yaml:9:10: there is no variant 'bseline'; compare with one of baseline, fleet.bots_per_level=1",
    ),
    "a person of a balcony that there is not": (
        GOOD + 'people: {7: {shifts: ["06:00-14:00"]}}\n',
        "s.yaml:8:13: there is no balcony 7; there are 1",
    ),
    "a shift that is none": (
        GOOD + "people:\n  all: {shifts: [6 to 14]}\n",
        's.yaml:9:18: people.all.shifts value 1 is 6 to 14; write a shift such as "06:00-14:00", in quotes',
    ),
    "several at once": (
        changed("name: good", "nam: good").replace("replications: 2", "replications: 0"),
        "s.yaml:2:1: unknown key 'nam' in the scenario; did you mean 'name'?\ns.yaml:7:52: run.replications is 0; give a value from 1 to 10000",  # noqa: E501  # noqa: E501
    ),
    "a schema of another version": (
        changed("schema: 1", "schema: 2"),
        "s.yaml:1:9: schema is 2; give 1",
    ),
    "no mapping at all": (
        "- schema: 1\n",
        "s.yaml:1:1: the scenario is a list; write key: value pairs with the keys schema, name, description, site, fleet, stock, people, demand, due, faults, policies, settings, run, vary, compare, targets",  # noqa: E501  # noqa: E501
    ),
    "a time of five thousand digits": (
        changed("1 h", "9" * 5000 + " h"),
        f"s.yaml:7:16: run.horizon is {'9' * 40}..., longer than ten years; write a shorter time",
    ),
    "a comma for the decimal point": (
        changed("{horizon: 1 h, warm_up", "{horizon: '1,5 h', warm_up"),
        "s.yaml:7:16: run.horizon is the text '1,5 h', not a time; write the decimal point as '.', such as 1.5 h",  # noqa: E501
    ),
    "a target without quotes": (
        GOOD + "targets:\n  lines_per_hour: >= 5\n",
        "s.yaml:9:20: not valid YAML (expected chomping or indentation indicators, but found '='); write a bound in quotes: \">= 500\"",  # noqa: E501
    ),
    "a share without its percent sign": (
        GOOD + "targets: {balcony_utilisation: '<= 80'}\n",
        "s.yaml:8:32: targets.balcony_utilisation is the text '<= 80', not a bound of a share; write a percentage, such as \">= 95 %\"",  # noqa: E501
    ),
    "a value that is varied twice": (
        GOOD + "vary: {fleet.bots_per_level: [1, 2, 1]}\n",
        "s.yaml:8:37: vary.fleet.bots_per_level has 1 twice; keep one",
    ),
    "a seed that is varied": (
        GOOD + "vary: {run.seed: [1, 2]}\n",
        "s.yaml:8:8: 'run.seed' is the same for all variants; set it in the file itself",
    ),
    "a varied key that only begins like one that is not varied": (
        GOOD + "vary: [{name: a, nameplate: 1}]\n",
        "s.yaml:8:29: unknown key 'nameplate' in the scenario; did you mean 'name'?",
    ),
    "nothing that is varied": (
        GOOD + "vary: {}\n",
        "s.yaml:8:7: vary is empty; give a key with values, or remove it",
    ),
    "a variant that is called as the file itself": (
        GOOD + "vary: [{name: baseline, fleet.bots_per_level: 1}]\n",
        "s.yaml:8:15: baseline is the file as it is; give the variant another name",
    ),
    "a target that nothing is measured for": (
        GOOD + 'targets:\n  takt: "<= 1 min"\n  due_on_time: ">= 95 %"\n',
        "s.yaml:10:16: due_on_time: no order is due at any time; add 'due: 30 min', or give a stream its own",
    ),
    "replications until a figure that is never measured": (
        changed("replications: 2", "replications: {kpi: due_on_time, half_width_percent: 5}"),
        "s.yaml:7:58: due_on_time: no order is due at any time; add 'due: 30 min', or give a stream its own",
    ),
    "replications until a figure of a balcony that there is not": (
        changed("replications: 2", "replications: {kpi: balcony_idle.4, half_width_percent: 5}"),
        "s.yaml:7:58: balcony_idle.4: there is no balcony 4; there are 1",
    ),
    "a target of orders where there are none": (
        changed("60}", "60, kind: replenishment}") + "due: 5 min\ntargets: {due_on_time: '>= 95 %'}\n",
        "s.yaml:9:24: due_on_time: no stream of demand picks anything; add one of kind fulfillment",
    ),
    "a target of work where nothing is asked for": (
        changed("demand:\n  orders: {lines_per_hour: 60}\n", "") + "targets: {cycle_time_p95: '<= 1 min'}\n",
        "s.yaml:6:27: cycle_time_p95: there is no demand, so nothing moves; add a stream under demand",
    ),
    "a time without its unit in a target": (
        GOOD + "targets: {takt: '<= 8'}\n",
        "s.yaml:8:17: targets.takt is the text '<= 8', a number without a unit; write 8 s, 8 min or 8 h",
    ),
    "an order file that there is not": (
        changed("{lines_per_hour: 60}", "{arrivals: recorded, file: orders.csv}"),
        "s.yaml:6:38: nowhere/orders.csv: No such file or directory; name a readable CSV or Parquet file",
    ),
}
"""What is wrong with a file, the file, and what is said of it, word for word."""


def refusal(text: str, folder: Path = Path("nowhere"), settings: tuple[str, ...] = ()) -> str:
    """What is said about a text."""
    with pytest.raises(Refusal) as caught:
        parse_study(text, "s.yaml", folder, settings)
    return str(caught.value)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_the_line_and_what_would_be_right(name):
    text, said = WRONG[name]
    assert refusal(text) == said


def test_the_good_file_is_good():
    study = parse_study(GOOD, "s.yaml", Path("nowhere"))
    assert study.scenario.run.horizon == 3_600_000
    assert [variant.name for variant in study.compared()] == ["baseline"]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "fleet.bots_per_level=0",
            "--set fleet.bots_per_level=0: fleet.bots_per_level is 0; give a value from 1 to 10000",
        ),
        (
            "demand.order.priority=1",
            "--set demand.order.priority=1: demand.order.priority: there is no stream 'order'; did you mean 'orders'?",  # noqa: E501  # noqa: E501
        ),
        (
            "vary.fleet.bots_per_level=4",
            "--set vary.fleet.bots_per_level=4: vary.fleet.bots_per_level is 4; write a list such as [4, ...]"
            " or from:, to: and step:",
        ),
        (
            "demand.orders.lines_per_order.1=4",
            "--set demand.orders.lines_per_order.1=4: demand.orders.lines_per_order.1:"
            " demand.orders.lines_per_order is a list; set it as a whole",
        ),
        ("fleet", "--set fleet: not a setting; write key=value, such as run.seed=2"),
        (
            "run.horizon=[",
            "--set run.horizon=[: not valid YAML (expected the node content, but found '<stream end>'); check indentation, colons, quotes and brackets",  # noqa: E501  # noqa: E501
        ),
    ],
)
def test_a_wrong_setting_is_refused_by_its_own_name(setting, said):
    text = changed("60}", "60, lines_per_order: [3, 1]}")
    assert refusal(text, settings=(setting,)) == said


def test_a_wrong_order_file_is_refused_with_its_rows(tmp_path):
    rows = ["time,order,SKU,quantity", "0,A,S1,2", "soon,B,S1,1", "2 min,C,S1,", "3 min,D,S1,-1"]
    (tmp_path / "orders.csv").write_text("\n".join(rows))
    said = refusal(changed("{lines_per_hour: 60}", "{arrivals: recorded, file: orders.csv}"), tmp_path)
    at = f"s.yaml:6:38: {tmp_path / 'orders.csv'}"
    assert said.splitlines() == [
        f"{at}:3: time is soon; write seconds since the start of the run, a time such as 90 min,"
        " or 2026-01-05 06:10:00",
        f"{at}:4: no quantity; every line has time, order, SKU, quantity",
        f"{at}:5: quantity is -1; write a whole number from 1 to 1000000",
    ]


def test_a_scenario_that_is_not_shipped_is_refused_with_the_nearest_one():
    with pytest.raises(Refusal, match="did you mean 'baseline'"):
        find_scenario("baselin")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"time,order,quantity\n1,A,1\n", ":1: no column SKU; the columns are time, order, SKU, quantity, not time, order, quantity"),  # noqa: E501
        (b"", ": no order in it; write one a line below the columns time, order, SKU, quantity"),
        ("time,order,SKU,quantity\n1,A,Gr\u00fc\u00dfe,1\n".encode("latin-1"), ": line 2 is not UTF-8; save it as UTF-8; name a readable CSV or Parquet file"),  # noqa: E501
        (b"time,order,SKU,quantity\n2026-01-05 05:00,A,X,1\n", ":2: time is 2026-01-05 05:00, before the run begins at 06:00; set run.start to an earlier time"),  # noqa: E501
        (b"time,order,SKU,quantity\n1,A,X,1,5\n", ":2: more values than there are columns; put a value with a separator in it in quotes"),  # noqa: E501
        (b"time,order,SKU,quantity\n400000000,A,X,1\n", ":2: time is 400000000, longer than ten years; write a shorter time"),  # noqa: E501
        (b"time,order,SKU,quantity\n0.0001,A,X,1\n", ":2: time is 0.0001, finer than a millisecond; round it"),  # noqa: E501
        (b"time,order,SKU,quantity\n2026-01-05 06:00,A,X,1\n2046-01-05 06:00,B,X,1\n", ":3: time is 2046-01-05 06:00, more than ten years after the first (2026-01-05); correct the date"),  # noqa: E501
        (b"time,order,SKU,quantity\n2026-01-05T07:00Z,A,X,1\n", ":2: time is 2026-01-05T07:00Z; write local times without an offset, such as 2026-01-05 06:10:00"),  # noqa: E501
    ],
)  # fmt: skip
def test_an_order_file_that_cannot_be_read_is_refused_with_what_would_be_right(data, said, tmp_path):
    (tmp_path / "o.csv").write_bytes(data)
    text = changed("{lines_per_hour: 60}", "{arrivals: recorded, file: o.csv}")
    assert refusal(text, tmp_path) == f"s.yaml:6:38: {tmp_path / 'o.csv'}{said}"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfTime;Order;sku;quantity;remark\r\n600;A;X;2;\r\n15 min;B;Y;1;soon\r\n",
        b"time\torder\tSKU\tquantity\n10 min\tA\tX\t2\n900\tB\tY\t1\n",
        b"time,order,SKU,quantity\n2026-03-02 06:10:00,A,X,2\n2026-03-02T06:15,B,Y,1\n",
    ],
)
def test_order_files_as_spreadsheets_write_them_are_read(data, tmp_path):
    (tmp_path / "o.csv").write_bytes(data)
    text = changed("{lines_per_hour: 60}", "{arrivals: recorded, file: o.csv}")
    orders = parse_study(text, "s.yaml", tmp_path).baseline.orders["orders"]
    assert orders.recorded == [(600_000, "A", (("X", 2),)), (900_000, "B", (("Y", 1),))]
