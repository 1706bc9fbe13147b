"""The page of the catalogue: ``python -m api.settings_page > docs/settings.md``."""

from __future__ import annotations

import sys

from api.preferences.catalogue import CATALOGUE, Setting

_HEAD = """\
# Settings

Made from `api/preferences/catalogue.py` by `python -m api.settings_page > docs/settings.md`.

Each of these changes what the twin does, at once; all are for the role Super Admin. Where
the scope is `user`, users may have a value of their own. Keys of one's own can be added, and
do nothing; see [assumptions.md](assumptions.md#settings).

    curl -X PATCH $URL/api/v2/settings/operator.mode -d '{"value_json": "simulated"}' \\
      -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json'

| key | values | default | scope | what it changes |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The text of the page."""
    return _HEAD + "".join(map(_row, CATALOGUE.values()))


def _row(setting: Setting) -> str:
    cells = (
        f"`{setting.key}`",
        setting.kind.range,
        f"`{setting.default}`",
        setting.scope,
        setting.description,
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
