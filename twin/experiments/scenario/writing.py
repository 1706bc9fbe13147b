"""A study written down so that it can be run again: one scenario file and the files it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import StringIO
from itertools import count
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.resolver import implicit_resolvers
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from twin.experiments.scenario.inline import plain_node
from twin.experiments.scenario.quantities import number_text
from twin.experiments.scenario.reading import BASELINE, Study, Variant, setting_mark
from twin.experiments.yamlnodes import Scalar

INPUTS = "inputs"
"""Folder for files whose own place cannot be kept."""
_CLOCK = re.compile(r"\d+(:\d+)+")
"""Some readers take 06:00 for a number as well, which the rules of YAML 1.1 do not."""


def written(study: Study, variants: Iterable[Variant], taken: Iterable[str]) -> tuple[str, dict[str, bytes]]:
    """A scenario file with every default written out, and the files it names, by name.

    It has the ``vary`` of the study, or that of ``variants`` where they are others. A name
    that leads out of the folder, or is one of ``taken``, is replaced.
    """
    plain = study.baseline.resolved()
    own = {BASELINE, *(variant.name for variant in study.variants)}
    others = [variant for variant in variants if variant.name not in own]
    if others:
        plain["vary"] = [_named(variant) for variant in others]
        plain.pop("compare", None)
    names = _names(study.files, set(taken))
    return _dumped(_renamed(plain, names)), {names[name]: data for name, data in study.files.items()}


def _named(variant: Variant) -> dict[str, Any]:
    values = {key: plain_node(Scalar(setting_mark(0), text, "")) for key, text in variant.changes.items()}
    return {"name": variant.name, **values}


def _names(files: Iterable[str], taken: set[str]) -> dict[str, str]:
    """Where each file is put: where it is beside the scenario, if that can be."""
    paths = {name: PurePosixPath(name) for name in files}
    names = {
        name: str(path)
        for name, path in paths.items()
        if not path.is_absolute() and ".." not in path.parts and path.parts[0] not in taken
    }
    for name, path in paths.items():
        if name not in names:
            free = (f"{INPUTS}/{number}-{path.name}" for number in count(1))
            names[name] = next(each for each in free if each not in names.values())
    return names


def _renamed(plain: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The scenario with other names of files, in its own sections and in what it varies."""
    site, demand, varied = plain["site"], plain.get("demand", {}), plain.get("vary", {})
    if "file" in site:
        plain["site"] = {**site, "file": names.get(site["file"], site["file"])}
    for name, stream in demand.items():
        if "file" in stream:
            demand[name] = {**stream, "file": names.get(stream["file"], stream["file"])}
    if isinstance(varied, list):
        plain["vary"] = [
            {key: _file(key, value, names) for key, value in variant.items()} for variant in varied
        ]
    elif varied:
        plain["vary"] = {
            key: [_file(key, value, names) for value in values] for key, values in varied.items()
        }
    return plain


def _file(key: str, value: Any, names: Mapping[str, str]) -> Any:
    """A value of a variation, which may be the name of a file."""
    names_one = key == "site" or key.endswith(".file")
    return names.get(value, value) if names_one and isinstance(value, str) else value


def _dumped(plain: dict[str, Any]) -> str:
    out, yaml = StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.width = 10_000
    yaml.representer.add_representer(float, _float)
    yaml.dump(_drawn(plain), out)
    return out.getvalue()


def _float(representer: Any, value: float) -> Any:
    """Without an exponent, which scenario files do not have."""
    text = number_text(value)
    return representer.represent_scalar("tag:yaml.org,2002:float", text if "." in text else f"{text}.0")


def _drawn(value: Any) -> Any:
    """Texts of several lines (maps of levels) as they are drawn, others as every reader takes them for text.

    To a reader of YAML 1.1 ``14:30`` is a number to the base of 60, and ``on`` is a truth.
    """
    if isinstance(value, Mapping):
        return {_drawn(key): _drawn(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_drawn(item) for item in value]
    if not isinstance(value, str):
        return value
    if "\n" in value:
        return LiteralScalarString(value)
    taken = _CLOCK.fullmatch(value) or any(pattern.match(value) for _, _, pattern, _ in implicit_resolvers)
    return DoubleQuotedScalarString(value) if taken else value
