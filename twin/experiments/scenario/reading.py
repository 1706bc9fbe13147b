"""Scenario files to studies: the file as it is, and each of its variants, ready to be run.

Everything that is wrong with the file, with what it varies or with what was set on the
command line is said at once, each with its place and what would be right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from twin.domain.errors import ScenarioRefused
from twin.domain.layout import Site
from twin.experiments import yamlnodes
from twin.experiments.fields import Problems
from twin.experiments.finding import shipped_file
from twin.experiments.scenario.inline import changed_at, node_at
from twin.experiments.scenario.measurable import never
from twin.experiments.scenario.model import Scenario, Until
from twin.experiments.scenario.orderfile import OrderFiles, Orders
from twin.experiments.scenario.sections import SCENARIO
from twin.experiments.scenario.siting import SiteMaker
from twin.experiments.scenario.varying import Changes, text_of, variants
from twin.experiments.yamlnodes import Mark, Node, NotYaml, Scalar, compose, normalised
from twin.policies.fetching import sources
from twin.simulation.codec import to_plain

BASELINE = "baseline"
FOLDER = "."
DOTTED = ("settings", "targets", "vary")
"""Sections whose keys have dots of their own."""
_BOUND = re.compile(r"\s*[<>]=")
"""What a shell has taken the quotes from, that YAML would want around a bound."""
NOT_OF_A_RUN = ("name", "description", "targets", "vary", "compare", "site", "fleet")
"""Keys of a scenario that change nothing in a replication besides the site that is made of them."""


@dataclass(frozen=True)
class Variant:
    """One scenario to run: its site is made, its order files are read."""

    name: str
    changes: dict[str, str]
    scenario: Scenario
    site: Site
    orders: dict[str, Orders]

    def resolved(self) -> dict[str, Any]:
        """The scenario as it was understood, every default written out."""
        plain: dict[str, Any] = SCENARIO.plain(self.scenario)
        return plain

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that its replications depend on, besides their seeds and the code."""
        scenario = {key: value for key, value in self.resolved().items() if key not in NOT_OF_A_RUN}
        scenario["run"] = {key: scenario["run"][key] for key in ("horizon", "start")}
        orders = {name: each.sha256 for name, each in self.orders.items()}
        code = sources(self.scenario.policies.as_dict())
        everything = [scenario, to_plain(self.site), orders, code]
        return hashlib.sha256(orjson.dumps(everything, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True)
class Study:
    """What a file asks for. ``baseline`` is the file as it is; ``variants`` what it varies, if anything.

    ``files`` are the contents of the files that it names beside it, by those names.
    """

    source: str
    text: str
    folder: Path
    root: Node
    baseline: Variant
    variants: tuple[Variant, ...]
    files: dict[str, bytes]

    @property
    def scenario(self) -> Scenario:
        """The file as it is."""
        return self.baseline.scenario

    def compared(self) -> tuple[Variant, ...]:
        """All variants, with the baseline first if it is what they are compared with."""
        named = [variant.name for variant in self.variants]
        if self.scenario.compare == BASELINE and BASELINE not in named:
            return (self.baseline, *self.variants)
        return self.variants or (self.baseline,)


def find_scenario(name_or_path: str) -> Path:
    """The file of a scenario: a path, or the name of a shipped one. Raises ScenarioRefused."""
    return shipped_file(name_or_path, FOLDER, "scenario", ScenarioRefused)


def load_study(path: Path, settings: Iterable[str] = ()) -> Study:
    """The study in a file, with ``key=value`` settings. Raises ScenarioRefused or SiteRefused."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ScenarioRefused(f"{path}:1:1: not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ScenarioRefused(f"{path}:1:1: {reason}; name a readable scenario file") from None
    return parse_study(text, str(path), path.parent, settings)


def parse_study(text: str, source: str, folder: Path, settings: Iterable[str] = ()) -> Study:
    """The study in a text; files it names are looked for in ``folder``."""
    text = normalised(text)
    problems = Problems(source, ScenarioRefused, folder)
    try:
        root = compose(text)
    except NotYaml as error:
        problems.add(error.mark, str(error))
        raise problems.refusal() from None
    settings = tuple(settings)
    problems.elsewhere = {setting_mark(i): f"--set {setting}" for i, setting in enumerate(settings)}
    reader = _Reader(text, source, folder, problems)
    return reader.study(reader.changed(root, tuple(_changes(settings))))


@dataclass
class _Reader:
    text: str
    source: str
    folder: Path
    problems: Problems

    def __post_init__(self) -> None:
        self.sites = SiteMaker(self.text, self.source, self.folder)
        self.order_files = OrderFiles(self.folder)

    def study(self, root: Node) -> Study:
        """The study in a whole file."""
        whole: Scenario = self._scenario(root)
        plain = _without(root, "vary", "compare")
        baseline = self.variant(BASELINE, (), plain)
        made = []
        for name, changes in variants(whole.vary) if whole.vary else ():
            made.append(self.variant(name, changes, plain))
        self._check_compare(whole, [variant.name for variant in made], root)
        baseline = replace(
            baseline, scenario=replace(baseline.scenario, vary=whole.vary, compare=whole.compare)
        )
        files = {**self.sites.contents, **self.order_files.contents}
        return Study(self.source, self.text, self.folder, plain, baseline, tuple(made), files)

    def _scenario(self, root: Node) -> Scenario:
        scenario = SCENARIO.read(root, "the scenario", self.problems)
        if self.problems:
            raise self.problems.refusal()
        assert isinstance(scenario, Scenario)
        return scenario

    def variant(self, name: str, changes: Changes, base: Node) -> Variant:
        """The variant of ``base`` with some changes. Raises what is wrong with it."""
        root, scenario = self.readable(changes, base)
        site = self.sites.make(scenario, root, self.problems)
        if site is not None:
            self._check_figures(scenario, site, root)
        orders = {
            stream: self.order_files.read(
                asked.file, scenario.run.start, node_at(root, "demand", stream, "file").mark, self.problems
            )
            for stream, asked in scenario.demand.items()
            if asked.file is not None
        }
        if self.problems or site is None:
            raise self.problems.refusal()
        written = {key: text_of(node) for key, node in changes}
        return Variant(name, written, scenario, site, orders)

    def readable(self, changes: Changes, base: Node) -> tuple[Node, Scenario]:
        """``base`` with some changes, and what its text says. Raises what is wrong with that."""
        root = self.changed(base, changes)
        return root, self._scenario(root)

    def _check_figures(self, scenario: Scenario, site: Site, root: Node) -> None:
        """A figure that is never measured meets no target, and ends no replications."""
        places: dict[str, tuple[str, ...]] = {kpi: ("targets", kpi) for kpi in scenario.targets}
        asked = scenario.run.replications
        if isinstance(asked, Until):
            places.setdefault(asked.kpi, ("run", "replications", "kpi"))
        for kpi, place in places.items():
            if trouble := never(scenario, site, kpi):
                self.problems.add(node_at(root, *place).mark, trouble)

    def changed(self, root: Node, changes: Changes) -> Node:
        """A copy of the file's nodes with some values changed. Raises what is wrong with the keys."""
        streams = [key.text for key, _ in getattr(node_at(root, "demand"), "pairs", ())]
        for key, value in changes:
            path = _path(key)
            if path[0] == "demand" and len(path) > 2 and path[1] not in streams:
                near = get_close_matches(path[1], streams, 1)
                advice = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(streams) or 'none'}"
                self.problems.add(value.mark, f"{key}: there is no stream '{path[1][:40]}'; {advice}")
            if isinstance(node_at(root, *path[:-1]), yamlnodes.Sequence):
                self.problems.add(value.mark, f"{key}: {'.'.join(path[:-1])} is a list; set it as a whole")
            if path[0] == "site" and len(path) > 1:
                root = _site_as_mapping(root)
            root = changed_at(root, path, value)
        if self.problems:
            raise self.problems.refusal()
        return root

    def _check_compare(self, whole: Scenario, names: list[str], root: Node) -> None:
        if whole.compare is None or whole.compare in (BASELINE, *names):
            return
        mark = next(v.mark for k, v in getattr(root, "pairs", ()) if k.text == "compare")
        known = ", ".join((BASELINE, *names)[:6])
        self.problems.add(mark, f"there is no variant '{whole.compare}'; compare with one of {known}")
        raise self.problems.refusal()


def vary(study: Study, key: str, values: Iterable[str]) -> tuple[Variant, ...]:
    """Variants of a study's baseline that differ in one key. Raises ScenarioRefused."""
    made = []
    for value in values:
        reader, changes = _varied(study, key, value)
        made.append(reader.variant(f"{key}={value}", changes, study.root))
    return tuple(made)


def check_readable(study: Study, key: str, values: Iterable[str]) -> None:
    """Whether values of a key are such as it may have, whether the site has room for them or not.

    Raises ScenarioRefused.
    """
    for value in values:
        reader, changes = _varied(study, key, value)
        reader.readable(changes, study.root)


def _varied(study: Study, key: str, value: str) -> tuple[_Reader, Changes]:
    """A reader that says what is wrong with one value of a key by the name of the option."""
    problems = Problems(study.source, ScenarioRefused, study.folder)
    mark = setting_mark(0)
    problems.elsewhere = {mark: f"--vary {key}={value}"}
    reader = _Reader(study.text, study.source, study.folder, problems)
    return reader, ((key, Scalar(mark, value, "")),)


def setting_mark(number: int) -> Mark:
    """Where a setting of the command line stands: no line of the file."""
    return Mark(0, number)


def _changes(settings: Iterable[str]) -> Iterator[tuple[str, Node]]:
    """The changes that the command line asks for."""
    for number, setting in enumerate(settings):
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise ScenarioRefused(f"--set {setting}: not a setting; write key=value, such as run.seed=2")
        if not value or _BOUND.match(value):
            node: Node = Scalar(setting_mark(number), value.strip(), "")
        else:
            try:
                node = compose(normalised(value))
            except NotYaml as error:
                raise ScenarioRefused(f"--set {setting}: {error}") from None
        yield key.strip(), _moved(node, setting_mark(number))


def _moved(node: Node, mark: Mark) -> Node:
    if isinstance(node, yamlnodes.Mapping):
        pairs = tuple((Scalar(mark, k.text, k.style), _moved(v, mark)) for k, v in node.pairs)
        return yamlnodes.Mapping(mark, pairs)
    if isinstance(node, yamlnodes.Sequence):
        return yamlnodes.Sequence(mark, tuple(_moved(item, mark) for item in node.items))
    return Scalar(mark, node.text, node.style)


def _path(key: str) -> tuple[str, ...]:
    """The keys that lead to a value; those of some sections have dots of their own."""
    section, _, inner = key.partition(".")
    return (section, inner) if section in DOTTED and inner else tuple(key.split("."))


def _site_as_mapping(root: Node) -> Node:
    """A site that is named by a single word becomes a mapping with that ``file``."""
    for key, value in getattr(root, "pairs", ()):
        if key.text == "site" and isinstance(value, Scalar):
            return changed_at(
                root, ("site",), yamlnodes.Mapping(value.mark, ((Scalar(value.mark, "file", ""), value),))
            )
    return root


def _without(root: Node, *keys: str) -> Node:
    assert isinstance(root, yamlnodes.Mapping)
    return yamlnodes.Mapping(root.mark, tuple((k, v) for k, v in root.pairs if k.text not in keys))
