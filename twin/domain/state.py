"""All that the plant knows at an instant, as plain data.

Whatever else is kept for speed (who stands where, queues, room in lanes) is derived
from this and can be made again; so can every SimPy event.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from twin.domain.bots import Bot, Person
from twin.domain.faults import Fault, PlannedFault
from twin.domain.inventory import Box, Carrier, Load, Sku
from twin.domain.modes import Mode
from twin.domain.work import Job, Request, Visit


@dataclass(slots=True)
class State:
    """The plant's state. Dictionaries are keyed by id (loads: by box) in order of creation.

    ``tasks`` are the open jobs for bots that serve no visit, oldest first;
    ``tags_written`` the cells of each level whose tags an unfinished writing has done.
    """

    skus: dict[str, Sku] = field(default_factory=dict)
    carriers: dict[int, Carrier] = field(default_factory=dict)
    boxes: dict[int, Box] = field(default_factory=dict)
    loads: dict[int, Load] = field(default_factory=dict)
    bots: dict[int, Bot] = field(default_factory=dict)
    persons: dict[int, Person] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)
    tags_written: dict[int, list[int]] = field(default_factory=dict)
    mode: Mode = field(default_factory=Mode)
    faults: dict[int, Fault] = field(default_factory=dict)
    planned_faults: dict[int, PlannedFault] = field(default_factory=dict)
    next_box: int = 1
    next_request: int = 1
    next_job: int = 1
    next_visit: int = 1
    next_batch: int = 1
    next_fault: int = 1
