"""Who has called: found again for each call that is written down."""

from __future__ import annotations

from starlette.types import Scope

from api.accounts import Accounts, Caller, Unauthorized


def client_of(scope: Scope) -> str | None:
    """Who has made a call, such as "key-1" or "user-3"; None where that cannot be told.

    The guard of an operation has found it. A call that never came so far, as a fault stood
    in for its answer, is looked at here.
    """
    caller = scope["state"].get("caller")
    if caller is None:
        caller = _identified(scope)
    return None if caller is None else client_name(caller)


def client_name(caller: Caller) -> str:
    """A short name that is only its own within a world."""
    return f"key-{caller.id}" if caller.user is None else f"user-{caller.id}"


def _identified(scope: Scope) -> Caller | None:
    accounts: Accounts = scope["state"]["hosted"].accounts
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    try:
        return accounts.identify(header.decode("latin-1"))
    except Unauthorized:
        return None
