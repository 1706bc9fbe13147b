"""The set of policies a twin runs with, chosen by name or given as objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from twin.domain.errors import UnknownPolicy
from twin.policies import registry
from twin.policies.allocation import Allocation, NearestBox
from twin.policies.buffering import Buffering, NoBuffering
from twin.policies.charging import Charging, Opportunity
from twin.policies.dispatch import Dispatch, Nearest
from twin.policies.fetching import checked_object, fetch_all
from twin.policies.parking import NearestParking, Parking
from twin.policies.put_back import OwnPlace, PutBack
from twin.policies.relocation import NearestFree, Relocation


@dataclass(frozen=True, slots=True)
class Choice:
    """The names of the policies of a run: plain data, part of what a run is made of."""

    dispatch: str = "nearest"
    allocation: str = "nearest"
    put_back: str = "own_place"
    relocation: str = "nearest_free"
    charging: str = "opportunity"
    parking: str = "nearest"
    buffering: str = "none"

    @classmethod
    def of(cls, names: Mapping[str, object]) -> Choice:
        """The defaults with ``names`` by decision in their stead. Raises UnknownPolicy.

        Imports nothing: a name of the form ``MODULE:CLASS`` must have been fetched before.
        """
        return cls(**{decision: registry.checked_name(decision, name) for decision, name in names.items()})

    @classmethod
    def fetched(cls, names: Mapping[str, object]) -> Choice:
        """As ``of``; classes that names of the form ``MODULE:CLASS`` say where to find are imported."""
        return cls.of(fetch_all(names))

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Choice:
        """The choice that texts like ``dispatch=oldest`` make; imports as ``fetched``.

        Raises UnknownPolicy.
        """
        names: dict[str, object] = {}
        for text in texts:
            decision, equals, name = text.partition("=")
            if not equals:
                raise UnknownPolicy(decision, f"{text!r} is not of the form DECISION=NAME")
            if registry.checked_decision(decision) in names:
                raise UnknownPolicy(decision, f"the {decision} policy is chosen twice")
            names[decision] = name
        return cls.fetched(names)

    def as_dict(self) -> dict[str, str]:
        """The name of each policy by decision."""
        return asdict(self)


@dataclass(slots=True)
class Policies:
    """One policy for each kind of choice. Raises UnknownPolicy for an object that is none."""

    dispatch: Dispatch = field(default_factory=Nearest)
    allocation: Allocation = field(default_factory=NearestBox)
    put_back: PutBack = field(default_factory=OwnPlace)
    relocation: Relocation = field(default_factory=NearestFree)
    charging: Charging = field(default_factory=Opportunity)
    parking: Parking = field(default_factory=NearestParking)
    buffering: Buffering = field(default_factory=NoBuffering)

    def __post_init__(self) -> None:
        """Refuse what is no policy before anything is asked of it."""
        for each in fields(self):
            checked_object(each.name, getattr(self, each.name))

    @classmethod
    def given(cls, policies: Mapping[str, object]) -> Policies:
        """As ``named``, with objects for some. Raises UnknownPolicy."""
        named = {name: value for name, value in policies.items() if isinstance(value, str)}
        objects: dict[str, Any] = {
            registry.checked_decision(name): value for name, value in policies.items() if name not in named
        }
        return replace(cls.named(named), **objects)

    @classmethod
    def named(cls, names: Mapping[str, object]) -> Policies:
        """The default policies with those of ``names`` in their stead; imports as ``Choice.fetched``.

        Raises UnknownPolicy.
        """
        return cls.of(Choice.fetched(names))

    @classmethod
    def of(cls, choice: Choice) -> Policies:
        """The policies of a choice, nothing imported. Raises UnknownPolicy for one that is not known here."""
        return cls(**{d: registry.make(d, name) for d, name in choice.as_dict().items()})

    @property
    def choice(self) -> Choice:
        """Their names. A policy whose class is not registered is called by its class."""
        return Choice(**{f.name: registry.name_of(f.name, getattr(self, f.name)) for f in fields(self)})
