"""The page ``docs/roles.md``, made of the table of rights: ``python -m api.rights_page > docs/roles.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from api.accounts.roles import Right, Role, right_to
from api.control import files
from api.control.app import control_routers
from api.routes import all_routers
from api.routes.base import StrictRoute

_HEAD = """\
# Roles

Made from `api/accounts/roles.py` by `python -m api.rights_page > docs/roles.md`.

An access token has the role of its user at that moment, an API key the one of whoever
made it. Without a credential that holds the answer is 401, without the right 403. An
operation that is not in the table is for Super Admins. What a role means within an
operation (users change their own name only) is in [assumptions.md](assumptions.md#accounts).

Under `/_twin` the table holds for calls with a credential of the vendor's API. Whether one
is asked for, or the control token, or nothing, is in [worlds.md](worlds.md#who-may-use-_twin).
"""


def guarded() -> Iterator[tuple[str, str, StrictRoute]]:
    """Every guarded operation: method, path, route."""
    for prefix, routers in (("", all_routers()), ("", [files.router]), ("/_twin", control_routers())):
        for router in routers:
            for route in router.routes:
                if isinstance(route, StrictRoute):
                    yield from ((method, prefix + route.path_format, route) for method in route.methods or ())


def page() -> str:
    """The text of the page."""
    ranks = sorted(Role, key=list(Role).index, reverse=True)
    lines = [_HEAD, f"| operation | {' | '.join(ranks)} | no credential |", f"| --- |{' --- |' * 3}"]
    for method, path, route in guarded():
        right = right_to(route.operation_id or route.name)
        lines.append(f"| `{method} {path}` | {' | '.join(_marks(right, ranks))} |")
    return "\n".join(lines) + "\n"


def _marks(right: Right, ranks: list[Role]) -> Iterator[str]:
    for role in ranks:
        yield "yes" if role in right.roles else "403"
    yield "yes" if right.open else "401"


if __name__ == "__main__":
    sys.stdout.write(page())
