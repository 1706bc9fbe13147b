"""Scenario files that are right: what they come to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from test_scenario_errors import GOOD, changed

from twin.domain.inventory import DO_NOTHING
from twin.domain.layout import EXPONENTIAL
from twin.experiments.finding import shipped
from twin.experiments.scenario.making import absences_of, demands_of, epoch_of, faults_of, people_of, stock_of
from twin.experiments.scenario.quantities import (
    UNITS_MS,
    Unclear,
    bound,
    duration_ms,
    duration_text,
    number_text,
)
from twin.experiments.scenario.reading import FOLDER, Study, load_study, parse_study, vary
from twin.experiments.scenario.sections import SCENARIO, json_schema

NOWHERE = Path("nowhere")


def study(text: str, *settings: str, folder: Path = NOWHERE) -> Study:
    """The study in a text."""
    return parse_study(text, "s.yaml", folder, settings)


@given(st.integers(1, 10**9))
def test_durations_are_written_as_they_are_read(ms):
    assert duration_ms(duration_text(ms)) == ms


@given(st.integers(1, 500), st.sampled_from(sorted(UNITS_MS)))
def test_a_duration_is_its_number_times_its_unit(number, unit):
    assert duration_ms(f"{number} {unit}") == duration_ms(f"{number}{unit}") == number * UNITS_MS[unit]


def test_bounds_take_numbers_times_and_shares():
    read = [bound(">= 500", "lines/h"), bound("<= 4 min", "s"), bound("<= 90.5 s", "s"), bound("<= 5 %", "%")]
    assert [each.value for each in read] == [500, 240, 90.5, 0.05]
    assert read[0].met_by(500)
    assert not read[1].met_by(240.5)


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        (">= 5 min", "lines/h", 'not a bound of this figure, which is in lines/h; write ">= 500"'),
        ("<= 5 %", "s", "not a time: '%' is no unit of time; the units are ms, s, min, h, d"),
        ("<= 8", "s", "a number without a unit; write 8 s, 8 min or 8 h"),
        (">= 0.95", "%", 'not a bound of a share; write a percentage, such as ">= 95 %"'),
        ("<= 80", "%", 'not a bound of a share; write a percentage, such as ">= 95 %"'),
        ("<= 120 %", "%", 'not a bound of a share; write a percentage, such as ">= 95 %"'),
        ("5", "s", 'not a bound; write "<= 4 min" or the like, in quotes'),
    ],
)
def test_a_bound_in_another_unit_than_its_figure_is_refused(text, unit, said):
    with pytest.raises(Unclear) as unclear:
        bound(text, unit)
    assert str(unclear.value) == said


@given(st.floats(0, 1e12).filter(lambda value: value == round(value, 9)))
def test_a_bound_is_written_as_it_was_read(value):
    written = bound(f">= {number_text(value)}", "").written
    assert bound(written, "").value == value
    assert "e" not in written


@given(st.decimals(0, 100, places=9), st.integers(0, 10**9))
def test_bounds_of_shares_and_times_are_written_with_their_units_and_read_again(percent, ms):
    for text, unit in ((f">= {percent:f} %", "%"), (f"<= {ms} ms", "s")):
        read = bound(text, unit)
        assert bound(read.written, unit) == read
    assert bound(">= 28.7 %", "%").written == ">= 28.7 %"
    assert bound("<= 240 s", "s").written == "<= 4 min"


@pytest.mark.parametrize("name", shipped(FOLDER))
def test_a_resolved_scenario_reads_as_the_scenario_that_it_was_made_from(name, tmp_path):
    """Every default is written out, and nothing is lost by it."""
    first = load_study(shipped(FOLDER)[name]).baseline
    path = tmp_path / "resolved.yaml"
    with path.open("w") as file:
        YAML().dump(first.resolved(), file)
    again = load_study(path)
    assert again.baseline.digest == first.digest
    assert again.baseline.resolved() == first.resolved()


def test_sites_are_taken_whole_and_changed_in_parts():
    text = changed(
        "site: tiny", "site: {file: tiny, battery: {capacity_wh: 100}, motion: {unladen: {speed_mm_s: 900}}}"
    )
    site = study(text, "site.person.line_distribution=exponential").baseline.site
    plain = study(GOOD).baseline.site
    assert (site.battery.capacity_wh, site.battery.idle_w) == (100, plain.battery.idle_w)
    assert (site.motion.unladen.speed_mm_s, site.motion.laden) == (900, plain.motion.laden)
    assert site.person.line_distribution == EXPONENTIAL


def test_a_site_by_name_can_be_changed_from_the_command_line():
    assert study(GOOD, "site.battery.charge_w=99").baseline.site.battery.charge_w == 99


def test_a_site_is_given_inline():
    lines = (Path("scenarios/sites/tiny.yaml").read_text()).splitlines()
    inline = "site:\n  inline:\n" + "\n".join(f"    {line}" for line in lines) + "\n"
    assert study(changed("site: tiny\n", inline)).baseline.site == study(GOOD).baseline.site


def test_fleet_and_fill_level_change_the_site():
    site = study(GOOD, "fleet.bots_per_level=3", "stock.fill_percent=50").baseline.site
    assert (len(site.bots), len(site.carriers)) == (3, 6)


def test_a_grid_is_all_combinations_in_the_order_of_the_file():
    text = (
        GOOD + "vary:\n  fleet.bots_per_level: {from: 1, to: 3}\n  demand.orders.lines_per_hour: [30, 60]\n"
    )
    names = [variant.name for variant in study(text).variants]
    assert names[:3] == [
        "fleet.bots_per_level=1, demand.orders.lines_per_hour=30",
        "fleet.bots_per_level=1, demand.orders.lines_per_hour=60",
        "fleet.bots_per_level=2, demand.orders.lines_per_hour=30",
    ]
    assert [len(variant.site.bots) for variant in study(text).variants] == [1, 1, 2, 2, 3, 3]


def test_named_variants_come_with_the_baseline_they_are_compared_with():
    text = (
        GOOD
        + "vary:\n  - {name: many, fleet.bots_per_level: 3, demand.orders.priority: 2}\ncompare: baseline\n"
    )
    base, many = study(text).compared()
    assert (base.name, many.name) == ("baseline", "many")
    assert (len(base.site.bots), len(many.site.bots)) == (2, 3)
    assert many.scenario.demand["orders"].priority == 2


def test_sizing_varies_the_file_as_it_was_set():
    made = vary(study(GOOD, "run.seed=7"), "fleet.bots_per_level", ["1", "3"])
    assert [(len(v.site.bots), v.scenario.run.seed) for v in made] == [(1, 7), (3, 7)]


def test_the_key_of_a_run_depends_on_what_goes_into_it_and_on_nothing_else():
    digest = study(GOOD).baseline.digest
    assert study(GOOD, "name=other", "targets={lines_per_hour: '>= 1'}").baseline.digest == digest
    assert study(GOOD, "run.replications=9").baseline.digest == digest
    assert study(GOOD, "demand.orders.lines_per_hour=61").baseline.digest != digest
    assert study(GOOD, "site.person.line_ms=1").baseline.digest != digest


def test_orders_are_read_from_csv_and_parquet(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    rows = [("0", "A", "X", 2), ("90 s", "B", "Y", 1), ("0", "A", "Y", 3)]
    (tmp_path / "o.csv").write_text(
        "time,order,SKU,quantity\n" + "\n".join(",".join(map(str, r)) for r in rows)
    )
    columns = dict(zip(("time", "order", "SKU", "quantity"), zip(*rows, strict=True), strict=True))
    parquet.write_table(pa.table({k: list(v) for k, v in columns.items()}), tmp_path / "o.parquet")
    for name in ("o.csv", "o.parquet"):
        text = changed("{lines_per_hour: 60}", f"{{arrivals: recorded, file: {name}}}")
        made = study(text, folder=tmp_path).baseline
        assert made.orders["orders"].recorded == [(0, "A", (("X", 2), ("Y", 3))), (90_000, "B", (("Y", 1),))]
        assert stock_of(made.scenario, made.orders).names == ("Y", "X")


def test_a_scenario_becomes_streams_stock_faults_and_an_epoch():
    text = GOOD.replace(
        "{lines_per_hour: 60}",
        "{arrivals: deterministic, lines_per_hour: 60, lines_per_order: [1, 2], end: 30 min}\n"
        "  refill: {kind: replenishment, arrivals: reorder, every: 5 min,\n"
        "           reorder_percent: 20, up_to_percent: 80}",
    )
    made = study(text, "run.start='00:30'", "faults={person: 1 h}", "stock.zipf=1.2").baseline
    orders, refill = demands_of(made.scenario, made.orders)
    assert (orders.until_ms, orders.lines_weights, orders.zipf_percent) == (1_800_000, [1, 2], 120)
    assert (refill.replenish_every, refill.every_ms, refill.fill_percent) == (1, 300_000, 80)
    assert epoch_of(made.scenario) == "2026-01-04T23:30:00+00:00"
    assert stock_of(made.scenario, {}).on_empty == DO_NOTHING
    (rate,) = faults_of(made.scenario).rates
    assert (rate.mean_interval_ms, rate.repair_mean_ms) == (3_600_000, 300_000)


def test_the_json_schema_knows_every_key_and_says_what_it_is():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["properties"]) == set(SCENARIO.keys)
    assert all("description" in value for value in schema["properties"].values())
    assert schema["properties"]["run"]["required"] == ["horizon"]
    assert schema["properties"]["run"]["properties"]["start"]["default"] == "06:00"


@pytest.mark.parametrize(
    ("shifts", "start", "hours", "gaps"),
    [
        ('["06:00-14:00"]', "06:00", 10, [(8, 10)]),
        ('["06:00-14:00", "15:00-23:00"]', "05:00", 24, [(0, 1), (9, 10), (18, 25)]),
        ('["22:00-06:00"]', "00:00", 48, [(6, 22), (30, 46)]),
        ('["00:00-12:00", "12:00-00:00"]', "06:00", 48, []),
    ],
)
def test_people_are_away_between_their_shifts(shifts, start, hours, gaps):
    text = GOOD + f"people: {{1: {{shifts: {shifts}}}}}\n"
    made = study(text, f"run.start='{start}'", f"run.horizon={hours} h").baseline
    hour = UNITS_MS["h"]
    found = absences_of(made.scenario, made.site)
    assert [(each.from_ms // hour, each.to_ms // hour) for each in found] == gaps
    assert made.resolved()["people"]["1"]["shifts"] == YAML(typ="safe").load(shifts)


def test_people_have_times_of_their_own():
    made = study(GOOD, "people={1: {times: {line_ms: 900}}}").baseline
    (command,) = people_of(made.scenario, made.site)
    assert command.balcony == 1
    assert command.times is not None
    assert (command.times.line_ms, command.times.handling_ms) == (900, made.site.person.handling_ms)


def test_targets_are_set_by_names_with_dots_and_bounds_without_the_quotes_that_a_shell_takes():
    found = study(
        GOOD,
        "targets.lines_per_hour=>= 5",
        "targets.balcony_idle.1=<= 5 %",
        'targets.takt="<= 1 min"',
    ).scenario.targets
    assert {kpi: bound.written for kpi, bound in found.items()} == {
        "lines_per_hour": ">= 5",
        "balcony_idle.1": "<= 5 %",
        "takt": "<= 1 min",
    }


def test_what_is_varied_is_set_by_keys_with_dots():
    found = study(GOOD, "vary.fleet.bots_per_level=[1, 2]")
    assert [variant.name for variant in found.variants] == [
        "fleet.bots_per_level=1",
        "fleet.bots_per_level=2",
    ]
