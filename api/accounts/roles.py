"""Roles, and which of them may do what: the one table that the guard asks and the docs show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What someone is to the system; the later one may do more."""

    USER = "User"
    SUPER_ADMIN = "Super Admin"


def lower_of(one: Role, other: Role) -> Role:
    """The role of the two that may do less."""
    ranks = list(Role)
    return min(one, other, key=ranks.index)


@dataclass(frozen=True, slots=True)
class Right:
    """Who may do an operation. An ``open`` one asks for no credential at all."""

    roles: frozenset[Role]
    open: bool = False


ADMINS = Right(frozenset({Role.SUPER_ADMIN}))
EVERYONE = Right(frozenset(Role))
STRANGERS = Right(frozenset(Role), open=True)

RIGHTS: Mapping[str, Right] = {
    # How to get a credential cannot depend on having one.
    "get_password_policy": STRANGERS,
    "login": STRANGERS,
    "refresh_token": STRANGERS,
    "forgot_password": STRANGERS,
    "reset_password": STRANGERS,
    # Of one's own.
    "authenticate": EVERYONE,
    "generate_api_key": EVERYONE,
    "update_user": EVERYONE,
    # Of others.
    "create_account": ADMINS,
    "get_users": ADMINS,
    "get_api_keys": ADMINS,
    "delete_api_key": ADMINS,
    # The warehouse.
    "get_storage_status": EVERYONE,
    "get_levels": EVERYONE,
    "get_balconies": EVERYONE,
    "get_bots": EVERYONE,
    "charge_all_bots": EVERYONE,
    # These can bring the whole site to a halt.
    "restart_brain": ADMINS,
    "remove_bots": ADMINS,
    "get_inventory_view": EVERYONE,
    "create_box": EVERYONE,
    "change_box": EVERYONE,
    "delete_box": EVERYONE,
    "swap_boxes": EVERYONE,
    "swap_region": EVERYONE,
    "create_load": EVERYONE,
    "change_load": EVERYONE,
    "delete_load": EVERYONE,
    "get_events": EVERYONE,
    "check_health": EVERYONE,
    "get_jobs": EVERYONE,
    "get_requests": EVERYONE,
    "create_request": EVERYONE,
    "trigger_job": EVERYONE,
    "create_sku": EVERYONE,
    "change_sku": EVERYONE,
    "delete_sku": EVERYONE,
    "get_skus": EVERYONE,
    "upload_image": EVERYONE,
    # Every setting says for itself which roles it is for.
    "get_settings": EVERYONE,
    "save_setting": EVERYONE,
    "get_system_settings": EVERYONE,
    "change_system_settings": EVERYONE,
    "get_user_settings": EVERYONE,
    "change_user_settings": EVERYONE,
    "reset_setting": EVERYONE,
    "get_setting": EVERYONE,
    "change_setting": EVERYONE,
    # Whoever has a trouble may report it and read it again; what the twin knows is for its keepers.
    "create_issue": EVERYONE,
    "read_issue": EVERYONE,
    "read_attachment": EVERYONE,
    "make_report": ADMINS,
    "read_report": ADMINS,
    # The twin itself: its clock is the test bench, and belongs to whoever tests.
    "read_clock": EVERYONE,
    "set_clock": EVERYONE,
    "advance": EVERYONE,
    "read_operators": EVERYONE,
    "set_operators": EVERYONE,
    "take_lease": EVERYONE,
    "prolong_lease": EVERYONE,
    "give_back_lease": EVERYONE,
    "add_breakpoint": EVERYONE,
    "list_breakpoints": EVERYONE,
    "remove_breakpoint": EVERYONE,
    "take_snapshot": EVERYONE,
    "list_snapshots": EVERYONE,
    "upload_snapshot": EVERYONE,
    "download_snapshot": EVERYONE,
    "delete_snapshot": EVERYONE,
    "restore_snapshot": EVERYONE,
    "compare_snapshots": EVERYONE,
    "make_capsule": EVERYONE,
    "read_log": EVERYONE,
    "read_lines": EVERYONE,
    "make_world": ADMINS,
    "list_worlds": ADMINS,
    "read_world": ADMINS,
    "delete_world": ADMINS,
    "reset_world": ADMINS,
    "fork_world": ADMINS,
    "stream_events": EVERYONE,
    "view": EVERYONE,
    "view_site": EVERYONE,
    "metrics": ADMINS,
    "read_calls": EVERYONE,
    "forget_calls": EVERYONE,
    "verify_calls": EVERYONE,
    "read_unmatched": EVERYONE,
    "read_clients": EVERYONE,
    "read_calls_as_har": EVERYONE,
    "read_coverage": EVERYONE,
    "read_incidents": EVERYONE,
    "begin_incident": EVERYONE,
    "end_incident": EVERYONE,
    "read_faults": EVERYONE,
    "add_fault": EVERYONE,
    "remove_fault": EVERYONE,
    "remove_faults": EVERYONE,
}
"""Rights by operation id (of ``/_twin``: by the name of the function)."""


def right_to(operation: str) -> Right:
    """Who may do an operation; one that is not in the table is for Super Admins."""
    return RIGHTS.get(operation, ADMINS)
