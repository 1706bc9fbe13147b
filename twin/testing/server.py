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


class NoKey(Exception):
    """An API key is needed, and none was given."""


@dataclass(frozen=True, slots=True)
class TwinServer:
    """Where a server is, and the key of its default world. ``process`` is None for one that runs
    anyway, ``talk`` what it writes to standard error.

    ``is_twin`` is False for a real site: it has no ``/_twin`` (or none that lets us in), and time cannot
    be moved. ``token`` opens the control of a twin that wants one.
    """

    url: str
    api_key: str
    is_twin: bool
    process: subprocess.Popen[str] | None = None
    talk: IO[str] | None = None
    token: str | None = None

    def client(self, api_key: str | None = None) -> httpx.Client:
        """A client with a key, the default world's if not given."""
        headers = {"Authorization": f"Bearer {api_key or self.api_key}", **self.entitlement}
        return httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    @property
    def entitlement(self) -> dict[str, str]:
        """The header that opens the control, where one is needed."""
        return {} if self.token is None else {"Twin-Control": self.token}

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


def start(
    site: str,
    *,
    speed: str = "0",
    seed: int = 1,
    control: str | None = None,
    control_token: str | None = None,
) -> TwinServer:
    """Start a server on a free port of the loopback interface. Raises NotStarted.

    ``control`` and ``control_token`` are the options of ``twin serve``. One whose control is off is like a
    real site.
    """
    command = [sys.executable, "-m", "twin", "serve", "--port", "0", "--json"]
    options = ["--site", site, "--speed", speed, "--seed", str(seed)]
    options += [] if control is None else ["--control", control]
    options += [] if control_token is None else ["--control-token", control_token]
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
    is_twin = control != "off"
    return TwinServer(facts["url"], facts["api_key"], is_twin, process, talk, control_token)


def running(url: str, api_key: str | None, token: str | None = None) -> TwinServer:
    """A server that runs already: a twin, or a real site.

    A twin whose control does not let us in counts as a real site. Without a key that of the
    twin's default world is asked for. Raises NoKey, and httpx.TransportError where nothing answers.
    """
    server = TwinServer(url.rstrip("/"), api_key or "", True, token=token)
    with httpx.Client(headers=server.entitlement, timeout=TIMEOUT_S, trust_env=False) as client:
        credential = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        answer = client.get(f"{server.url}/_twin/worlds", headers=credential)
    worlds = _worlds_of(answer)
    if worlds is None and api_key is None:
        raise NoKey(f"{url} does not tell its API key ({answer.status_code}): --twin-key is needed")
    key = api_key or str((worlds or [{}])[0]["api_key"])
    return TwinServer(server.url, key, worlds is not None, token=token)


def _worlds_of(answer: httpx.Response) -> list[dict[str, Any]] | None:
    """The worlds that a twin has told; None where that was no twin that lets us in."""
    try:
        return list(answer.json()["items"]) if answer.is_success else None
    except (ValueError, KeyError, TypeError):
        return None
