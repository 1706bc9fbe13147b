"""The set of policies a twin runs with."""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.policies.allocation import Allocation, FewestCarriers
from twin.policies.dispatch import Dispatch, NearestBot
from twin.policies.parking import NearestParking, Parking
from twin.policies.storage import NearestFree, Storage


@dataclass(slots=True)
class Policies:
    """One policy for each kind of choice."""

    allocation: Allocation = field(default_factory=FewestCarriers)
    dispatch: Dispatch = field(default_factory=NearestBot)
    storage: Storage = field(default_factory=NearestFree)
    parking: Parking = field(default_factory=NearestParking)
