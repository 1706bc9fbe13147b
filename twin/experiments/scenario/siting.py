"""The site of a scenario: from its file or inline, with the scenario's fleet, fill level and figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from twin.domain import sitecheck
from twin.domain.errors import ScenarioRefused, SiteRefused
from twin.domain.layout import Site
from twin.domain.sitecheck import Fault
from twin.experiments.fields import Problems
from twin.experiments.placement import filled, parked_bots
from twin.experiments.scenario.inline import node_at
from twin.experiments.scenario.model import Scenario
from twin.experiments.scenario.partial import changed
from twin.experiments.sitefile import find_site, load_site, shipped_sites
from twin.experiments.sitereader import SiteReader
from twin.experiments.yamlnodes import Node


@dataclass
class SiteMaker:
    """Makes the sites of one file's variants; each site file is read once.

    ``contents`` are the bytes of those that are not shipped, by name.
    """

    text: str
    source: str
    folder: Path
    contents: dict[str, bytes] = field(default_factory=dict)
    _read: dict[str, Site] = field(default_factory=dict)

    def make(self, scenario: Scenario, root: Node, problems: Problems) -> Site | None:
        """The site of a scenario whose nodes are ``root``; None if it cannot be, which is noted."""
        site = self._base(scenario, root, problems)
        if site is None:
            return None
        choice = scenario.site
        site = replace(
            site,
            battery=changed(site.battery, choice.battery),
            motion=changed(site.motion, choice.motion),
            person=changed(site.person, choice.person),
        )
        site = self._with_fill(self._with_fleet(site, scenario, root, problems), scenario)
        if not problems:
            self._check(site, scenario, root, problems)
        return site

    def _base(self, scenario: Scenario, root: Node, problems: Problems) -> Site | None:
        if scenario.site.inline is not None:
            inline_problems = Problems(self.source, ScenarioRefused)
            inline_problems.elsewhere = problems.elsewhere
            return SiteReader(self.text, inline_problems).read(scenario.site.inline)
        name = scenario.site.file
        assert name is not None
        if name not in self._read:
            beside = self.folder / name
            is_path = name.endswith((".yaml", ".yml"))
            try:
                path = beside if is_path else find_site(name)
                self._read[name] = load_site(path)
                if path not in shipped_sites().values():
                    self.contents[name] = path.read_bytes()
            except SiteRefused as refused:
                if is_path and beside.is_file():
                    raise
                problems.add(node_at(root, "site", "file").mark, str(refused))
                return None
        return self._read[name]

    def _with_fleet(self, site: Site, scenario: Scenario, root: Node, problems: Problems) -> Site:
        wanted = scenario.fleet.bots_per_level
        if wanted is None:
            return site
        faults = sitecheck.check_parking(site.levels, {level.id: wanted for level in site.levels})
        _note(faults, node_at(root, "fleet", "bots_per_level"), problems)
        return site if faults else replace(site, bots=parked_bots(site.levels, wanted))

    def _with_fill(self, site: Site, scenario: Scenario) -> Site:
        percent = scenario.stock.fill_percent
        return site if percent is None else replace(site, carriers=filled(site.levels, percent))

    def _check_people(self, site: Site, scenario: Scenario, root: Node, problems: Problems) -> None:
        known = [str(balcony.id) for balcony in site.balconies]
        for name, person in scenario.people.items():
            mark = node_at(root, "people", name).mark
            if name != "all" and name not in known:
                problems.add(mark, f"there is no balcony {name}; there are {', '.join(known)}")
            times = changed(site.person, person.times)
            _note(sitecheck.check_times(times), node_at(root, "people", name, "times"), problems)

    def _check(self, site: Site, scenario: Scenario, root: Node, problems: Problems) -> None:
        """What an override may have broken; the maps themselves are as they were."""
        _note(
            sitecheck.check_service(site.levels, site.balconies, site.bots, site.carriers),
            node_at(root, "fleet", "bots_per_level"),
            problems,
        )
        self._check_people(site, scenario, root, problems)
        if scenario.stock.fill_percent is not None:
            _note(
                sitecheck.check_room(site.levels, site.carriers),
                node_at(root, "stock", "fill_percent"),
                problems,
            )
        if scenario.site.battery is not None:
            for fault in sitecheck.check_battery(site):
                place = node_at(root, "site", *map(str, fault.subject))
                _note([fault], place, problems)
        if scenario.site.person is not None:
            _note(sitecheck.check_times(site.person), node_at(root, "site", "person"), problems)


def _note(faults: Iterable[Fault], node: Node, problems: Problems) -> None:
    for fault in faults:
        problems.add(node.mark, str(fault))
