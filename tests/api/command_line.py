"""The command ``twin`` in this process, with every command that ``pyproject.toml`` names."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from click.testing import Result
from typer.testing import CliRunner

from twin import cli

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@cache
def whole_app() -> typer.Typer:
    """The application, as an installation has it."""
    table = tomllib.loads(PROJECT.read_text())["project"]["entry-points"]["twin.commands"]
    for name, place in table.items():
        module, _, attribute = place.partition(":")
        cli.add_command(name, getattr(import_module(module), attribute))
    return cli.app


class CommandLine:
    """Commands against the twin at ``url``."""

    def __init__(self, url: str, *options: str) -> None:
        self._environment = {"TWIN_URL": url, "TERM": "dumb", "COLUMNS": "200"}
        self._options = options

    def run(self, *words: str) -> Result:
        """What a command gives."""
        return CliRunner().invoke(whole_app(), [*words, *self._options], env=self._environment)

    def ok(self, *words: str) -> str:
        """What a command prints that must succeed."""
        done = self.run(*words)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *words: str) -> Any:
        """The same as JSON."""
        return json.loads(self.ok(*words, "--json"))

    def refused(self, status: int, *words: str) -> str:
        """What a command says that must end with a status."""
        done = self.run(*words)
        assert done.exit_code == status, done.output
        assert "Traceback" not in done.output
        assert done.stdout == "", "talk belongs on standard error"
        return " ".join(done.stderr.replace("│", " ").split())
