"""What notebooks use: worlds that are driven and forked, scenarios with frames, pictures."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from twin import lab
from twin.domain.errors import ScenarioRefused, UnknownPolicy
from twin.experiments.statistics import Interval

SVG = "{http://www.w3.org/2000/svg}"
PARTS = ["queue", "dig", "travel", "blocked", "charge", "wait_for_person", "pick"]
SMALL = """
schema: 1
name: small
site: tiny
demand:
  orders: {arrivals: poisson, lines_per_hour: 60}
run: {horizon: 30 min, warm_up: 5 min, replications: 3}
"""


@pytest.fixture(scope="module")
def busy() -> lab.World:
    """Twenty minutes of the demo site. Tests fork it before they let time pass."""
    return lab.world("demo", lines_per_hour=400, seed=3).run("20 min")


def test_equal_arguments_make_equal_worlds(busy: lab.World) -> None:
    again = lab.world("demo", lines_per_hour=400, seed=3).run("20 min")
    assert again.log_sha256 == busy.log_sha256
    assert again.minutes == 20
    assert lab.world("demo", lines_per_hour=400, seed=4).run("20 min").log_sha256 != busy.log_sha256


def test_a_fork_goes_on_as_its_world_does_and_leaves_it_alone(busy: lab.World) -> None:
    before, events = busy.log_sha256, len(busy.events())
    one, two = busy.fork(), busy.fork()
    one.run("10 min")
    assert (busy.log_sha256, len(busy.events()), busy.minutes) == (before, events, 20)
    two.run("10 min")
    whole = lab.world("demo", lines_per_hour=400, seed=3).run("30 min")
    assert one.log_sha256 == two.log_sha256 == whole.log_sha256
    assert one.kpis().equals(whole.kpis())
    assert one.orders().equals(whole.orders())


def test_a_fork_may_have_another_policy_by_name_or_as_an_object(busy: lab.World) -> None:
    from twin.policies.dispatch import Oldest

    plain = busy.fork().run("10 min")
    by_name = busy.fork(dispatch="oldest").run("10 min")
    by_object = busy.fork(dispatch=Oldest()).run("10 min")
    assert by_name.log_sha256 == by_object.log_sha256 != plain.log_sha256
    with pytest.raises(UnknownPolicy, match="nearest"):
        busy.fork(dispatch="neerest")


def test_frames_hold_what_has_happened(busy: lab.World) -> None:
    orders = busy.orders()
    assert len(orders) > 10
    assert (orders[PARTS].sum(axis=1) - orders["lead_s"]).abs().max() < 1e-6
    assert busy.kpis().loc["lines_per_hour", "value"] == busy.minutely()["lines"].sum() * 3
    assert set(busy.events("CarrierLifted")["type"]) == {"CarrierLifted"}
    assert len(busy.bots()) == len(busy.engine.plant.state.bots)
    assert busy.skus()["total"].sum() == sum(x.item_count for x in busy.engine.plant.state.loads.values())


def test_an_order_is_waited_for_to_the_moment(busy: lab.World) -> None:
    world = busy.fork()
    sku = world.skus().query("fulfillable >= 2").index[0]
    request = world.order({sku: 2}, priority=9)
    assert not world.has_ended(request)
    world.run_until(lambda w: w.has_ended(request))
    last = world.events("RequestStateChanged").iloc[-1]
    assert (last["request"], last["t_s"]) == (request, world.minutes * 60)
    with pytest.raises(TimeoutError, match="1 min"):
        world.run_until(lambda w: False, limit="1 min")


def test_a_level_shows_its_carriers_its_bots_and_a_way(busy: lab.World) -> None:
    plant = busy.engine.plant
    picture = ElementTree.fromstring(busy.level(1, way_of=1, legs=2)._repr_svg_())
    standing = sum(c.level == 1 and c.cell is not None for c in plant.state.carriers.values())
    titles = [title.text or "" for title in picture.iter(f"{SVG}title")]
    assert sum(title.startswith("carrier") for title in titles) == standing
    assert sum(title.startswith("bot") for title in titles) == sum(
        bot.level == 1 for bot in plant.state.bots.values()
    )
    ways = list(picture.iter(f"{SVG}polyline"))
    assert len(ways) == 2
    legs = busy.events("LegPlanned").query("bot == 1").tail(2)
    assert [way.get("points", "").count(",") for way in ways] == [len(cells) for cells in legs["cells"]]
    assert [way.get("stroke-dasharray") is None for way in ways] == list(legs["laden"])


def test_a_scenario_is_overridden_run_varied_and_compared(tmp_path: Path) -> None:
    scenario = lab.scenario_text(SMALL)
    assert (scenario.name, scenario.site.name) == ("small", "tiny")
    with pytest.raises(ScenarioRefused, match="bots_per_level"):
        scenario.override({"fleet.bots_per_leve": 2})
    few = scenario.override({"run.replications": 2}).run()
    assert few.kpis("lines_per_hour").loc[("baseline", "lines_per_hour"), "n"] == 2
    outcomes = scenario.vary("fleet.bots_per_level", [1, 2])
    assert outcomes.names == ["fleet.bots_per_level=1", "fleet.bots_per_level=2"]
    assert len(outcomes.runs().query("kpi == 'lines_per_hour'")) == 6
    verdict = outcomes.compare("order_lead_time_mean").loc["fleet.bots_per_level=2", "verdict"]
    assert "fleet.bots_per_level=1" in str(verdict)
    assert len(outcomes.minutely()) == 30
    assert outcomes.report(tmp_path).read_text("utf-8").startswith("<!doctype html>")
    world = scenario.world()
    assert world.run("30 min").log_sha256 == scenario.run().results[0].outcomes[0].log_sha256


def test_charts_stand_alone() -> None:
    pictures = [
        lab.curves("c", {"a": {1: 2.0, 2: 3.0}, "b": {1: Interval(2, 1, 3, 4)}}, "x", "s"),
        lab.bars("b", {"row": {"p": 1.0, "q <&>": 2.0}}, "s"),
        lab.over_time("o", {"a": [1.0] * 30}, "n", warm_up_minutes=5),
    ]
    for picture in pictures:
        root = ElementTree.fromstring(picture.svg)
        assert root.tag == f"{SVG}svg"
        assert "--blue:" in (root.find(f"{SVG}style").text or "")  # type: ignore[union-attr]
        assert root.get("viewBox")
