"""Who may call: the guard in front of every operation.

A credential is an API key or an access token, in the header ``Authorization: Bearer``.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.security import HTTPBearer

from api.accounts import Accounts, Caller, Forbidden
from api.accounts.roles import Right

BEARER = HTTPBearer(
    scheme_name="BearerAuth", description="An API key or an access token of this twin.", auto_error=False
)
"""Puts the scheme into the OpenAPI document; `guard` does the checking, before any body is read."""


def guard(request: Request, right: Right) -> None:
    """Let a request pass that has a right; who calls is in ``request.state.caller`` then.

    The app has the accounts as ``app.state.accounts``. Raises Unauthorized and Forbidden.
    """
    # Whoever logs in anew may still send a token that has ended: it is not looked at.
    if right.open:
        return
    accounts: Accounts = request.app.state.accounts
    caller = accounts.identify(request.headers.get("authorization", ""))
    if caller.role not in right.roles:
        needed = " or ".join(sorted(right.roles))
        raise Forbidden(f"This needs the role {needed}; {caller.name} has the role {caller.role}")
    request.state.caller = caller


async def get_caller(request: Request) -> Caller:
    """Who calls. Not for open operations."""
    caller: Caller = request.state.caller
    return caller


async def get_accounts(request: Request) -> Accounts:
    """The accounts of the app."""
    accounts: Accounts = request.app.state.accounts
    return accounts
