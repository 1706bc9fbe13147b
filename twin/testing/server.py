"""A server to test against: one of our own in a process, a running one, or the real site."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import IO, Any

import httpx

STOP_S = 10.0
TIMEOUT_S = 60.0


class NotStarted(Exception):
    """The server did not start; says what it wrote."""


@dataclass(frozen=True, slots=True)
class TwinServer:
    """Where a server is, and the key of its default world. ``process`` is None for one that runs
    anyway, ``talk`` what it writes to standard error.

    ``is_twin`` is False for a real site: it has no ``/_twin``, and time cannot be moved.
    """

    url: str
    api_key: str
    is_twin: bool
    process: subprocess.Popen[str] | None = None
    talk: IO[str] | None = None

    def client(self, api_key: str | None = None) -> httpx.Client:
        """A client with a key, the default world's if not given."""
        headers = {"Authorization": f"Bearer {api_key or self.api_key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def control(self, method: str, path: str, **options: Any) -> Any:
        """The JSON answer of a call below ``/_twin``; raises httpx.HTTPStatusError with its text."""
        with self.client() as client:
            return told(client.request(method, f"/_twin{path}", **options))

    def stop(self) -> None:
        """End the process, if it is ours."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self.process.communicate()
        if self.talk is not None:
            self.talk.close()


def told(answer: httpx.Response) -> Any:
    """The JSON value of an answer. Raises httpx.HTTPStatusError that says what the twin has said."""
    if answer.is_error:
        request = answer.request
        message = f"{request.method} {request.url.path}: {answer.status_code} {answer.text}"
        raise httpx.HTTPStatusError(message, request=request, response=answer)
    return answer.json() if answer.content else None


def start(site: str, *, speed: str = "0", seed: int = 1) -> TwinServer:
    """Start a server on a free port of the loopback interface. Raises NotStarted."""
    command = [sys.executable, "-m", "twin", "serve", "--port", "0", "--json"]
    options = ["--site", site, "--speed", speed, "--seed", str(seed)]
    # A pipe nobody reads would one day be full, and the server would wait.
    talk = tempfile.TemporaryFile("w+")  # noqa: SIM115  lives as long as the process
    process = subprocess.Popen(
        [*command, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=talk, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(STOP_S)
        process.communicate()
        with talk:
            talk.seek(0)
            raise NotStarted(f"twin serve ended with {process.returncode}: {talk.read()}")
    facts = json.loads(line)
    return TwinServer(facts["url"], facts["api_key"], True, process, talk)


def running(url: str, api_key: str) -> TwinServer:
    """A server that runs already: a twin, or the real site. Raises httpx.TransportError for none."""
    server = TwinServer(url.rstrip("/"), api_key, False)
    with server.client() as client:
        is_twin = client.get("/_twin/info").is_success
    return TwinServer(server.url, api_key, is_twin)
