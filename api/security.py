"""Who may call: the guard in front of every operation.

A credential is an API key or an access token, in the header ``Authorization: Bearer``.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.security import HTTPBearer

from api.accounts import Accounts, Caller, Forbidden, credential_of
from api.accounts.roles import Right
from api.control.access import Access
from api.hosting import Hosted, Worlds

BEARER = HTTPBearer(
    scheme_name="BearerAuth", description="An API key or an access token of this twin.", auto_error=False
)
"""Puts the scheme into the OpenAPI document; `guard` does the checking, before any body is read."""


def guard(request: Request, right: Right) -> None:
    """Let a request pass that has a right; who calls is in ``request.state.caller`` then.

    The world that the call is for is in ``request.state.hosted``. Raises Unauthorized and Forbidden.
    """
    # Whoever logs in anew may still send a token that has ended: it is not looked at.
    if right.open or _is_entitled(request):
        return
    caller = _accounts_that_judge(request).identify(request.headers.get("authorization", ""))
    if caller.role not in right.roles:
        needed = " or ".join(sorted(right.roles))
        raise Forbidden(f"This needs the role {needed}; {caller.name} has the role {caller.role}")
    request.state.caller = caller


def _is_entitled(request: Request) -> bool:
    """Whether a call to ``/_twin`` may pass without a credential, and has none besides the control token.

    A credential that has chosen the world must hold; where the path names the world, none is looked at.
    """
    state = request.scope["state"]
    if not state.get("entitled", False):
        return False
    if "named" in state:
        return True
    header = request.headers.get("authorization", "")
    access: Access = request.app.state.access
    return not header or access.is_token(credential_of(header) or "")


def _accounts_that_judge(request: Request) -> Accounts:
    """Whose credential it must be: the world's own; under ``/_twin`` the default world's opens all."""
    state = request.scope["state"]
    hosted: Hosted = state["hosted"]
    if "entitled" in state and "named" in state:
        worlds: Worlds = request.app.state.worlds
        if worlds.of_header(request.headers.get("authorization", "")) is worlds.default:
            return worlds.default.accounts
    return hosted.accounts


async def get_caller(request: Request) -> Caller:
    """Who calls. Not for open operations."""
    caller: Caller = request.state.caller
    return caller


async def get_accounts(request: Request) -> Accounts:
    """The accounts of the world that the call is for."""
    accounts: Accounts = request.state.hosted.accounts
    return accounts
