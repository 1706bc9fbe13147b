"""``twin serve`` as a process: its start, its word, its end."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from server_process import STOP_S, Served, run, served, start

README = Path(__file__).parents[2] / "README.md"


def test_a_program_reads_url_and_key_when_the_twin_is_ready():
    with served("--site", "tiny", key="a-key-of-my-own") as twin:
        assert twin.client.get("/_twin/ready").status_code == 200
        assert twin.client.get("/api/v2/health").status_code == 200
        # A server that sends a small answer in two parts waits 40 ms for the first to be acknowledged.
        waits = sorted(twin.client.get("/_twin/ready").elapsed.total_seconds() for _ in range(50))
        assert waits[5] < 0.035


def test_a_person_reads_url_key_facts_and_a_line_to_try():
    with served("--site", "tiny", "--speed", "50", key="abc") as twin:
        twin.process.send_signal(signal.SIGINT)
        _, said = twin.process.communicate(timeout=STOP_S)
    assert "twin of tiny: 1 levels, 2 bots, 9 carriers, 1 balconies" in said
    assert "speed 50, seed 1, operator api" in said
    assert f"curl -H 'Authorization: Bearer abc' {twin.url}/api/v2/storage_status" in said


def test_a_key_is_made_up_where_none_is_given():
    keys = set()
    for _ in range(2):
        process = start("serve", "--site", "tiny", "--port", "0", "--json")
        assert process.stdout is not None
        keys.add(json.loads(process.stdout.readline())["api_key"])
        process.end()
    assert len(keys) == 2
    assert all(re.fullmatch("[0-9a-f]{48}", key) for key in keys), "none looks like an option"


def test_the_epoch_is_where_simulated_time_begins():
    with served("--site", "tiny", "--speed", "0", "--epoch", "2026-10-25T02:30:00+02:00") as twin:
        assert twin.clock()["now"] == "2026-10-25T00:30:00.000+00:00"
        sku = twin.ok("POST", "/api/v2/sku", {"id": "A"})
        assert sku["created_at"].startswith("2026-10-25T02:30:00")
        twin.advance(by="PT1H")
        later = twin.ok("POST", "/api/v2/sku", {"id": "B"})
        assert later["created_at"].startswith("2026-10-25T02:30:00")
        assert later["created_at_utc"].startswith("2026-10-25T01:30:00")


def test_simulated_people_give_the_triggers():
    with served("--site", "tiny", "--speed", "0", "--operator", "simulated") as twin:
        twin.stock("COFFEE")
        request = twin.order("COFFEE", 3)
        assert twin.advance(until={"request": request, "status": "SUCCEEDED"})["reached"]


def test_the_same_calls_give_the_same_world_again():
    pictures = []
    for _ in range(2):
        with served("--site", "tiny", "--speed", "0", "--operator", "simulated", "--seed", "7") as twin:
            twin.stock("COFFEE")
            twin.order("COFFEE", 3)
            twin.advance(until="idle")
            pictures.append((twin.clock(), twin.picture()))
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_though_connections_are_open(stop):
    with served("--site", "tiny") as twin:
        twin.clock()
        host, port = twin.url.removeprefix("http://").split(":")
        with (
            socket.create_connection((host, int(port))) as silent,
            socket.create_connection((host, int(port))) as half,
        ):
            half.sendall(b"POST /api/v2/sku HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            silent.sendall(b"GET /api")
            twin.clock()
            twin.process.send_signal(stop)
            _, said = twin.process.communicate(timeout=STOP_S)
    assert twin.process.returncode == 0
    assert "Traceback" not in said
    assert "ERROR" not in said


def test_a_port_in_use_is_said_to_be():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, said = run("serve", "--site", "tiny", "--port", str(port))
    assert (status, out) == (2, "")
    assert said.startswith(f"twin: cannot listen on 127.0.0.1 port {port}: Address already in use")
    assert "Traceback" not in said


def test_an_unknown_site_is_said_to_be():
    status, _, said = run("serve", "--site", "tinny", "--port", "0")
    assert status == 2
    assert "'tinny'" in said
    assert "tiny" in said
    assert "Traceback" not in said


def test_a_wrong_site_file_is_refused_with_its_line(tmp_path):
    site = tmp_path / "wrong.yaml"
    site.write_text("schema: 1\nname: wrong\npitch_mm: -5\n")
    status, _, said = run("serve", "--site", str(site), "--port", "0")
    assert status == 2
    assert f"{site}:3:" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--speed", "fast"),
        ("--speed", "nan"),
        ("--speed", "-1"),
        ("--epoch", "2026-01-05"),
        ("--epoch", "2026-01-05T06:00:00"),
        ("--operator", "nobody"),
        ("--port", "65536"),
        ("--seed", "-1"),
        ("--api-key", "with space"),
        ("--api-key", ""),
        ("--host", "nowhere.invalid"),
        ("--epoch", ""),
        ("--data", "/proc/x"),
        ("--data", "/dev/null/x"),
    ],
)
def test_a_wrong_option_is_refused_by_name(option, value):
    status, _, said = run("serve", "--site", "tiny", "--port", "0", f"{option}={value}")
    assert status == 2
    assert option in said or value in said
    assert "Traceback" not in said


def test_an_epoch_out_of_range_is_refused_with_the_range():
    status, _, said = run("serve", "--site", "tiny", "--port", "0", "--epoch", "9500-01-01T00:00:00+00:00")
    assert status == 2
    words = " ".join(said.replace("│", " ").split())
    assert "1970 to 9000" in words
    assert "9500" in words


def test_help_needs_no_web_server():
    program = (
        "import sys, twin.cli; from importlib.metadata import entry_points;"
        "[e.load() for e in entry_points(group='twin.commands')];"
        "sys.exit(bool({'fastapi', 'uvicorn', 'simpy', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("words", [("run", "no-such-scenario"), ("schema",), ("serve", "--site", "tinny")])
def test_a_command_loads_none_of_the_others(words):
    program = (
        f"import sys; sys.argv = ['twin', *{words}]; import twin.cli\n"
        "try: twin.cli.main()\n"
        "finally: print('api.remote.commands' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "False"


def chapter(title: str) -> str:
    """A chapter of the README."""
    return README.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]


def shell(text: str) -> str:
    """The shell lines of a chapter: fenced as such, or indented."""
    fenced = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    rest = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"^    (.*)$", rest, re.MULTILINE)])


def as_written(twin: Served, script: str) -> list[dict[str, Any]]:
    """Run shell lines against a twin; the JSON objects that they print, one a line."""
    bash = ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", twin.url)]
    done = subprocess.run(bash, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def started(script: str) -> tuple[list[str], str]:
    """The options with which a script serves a twin at its beginning, and the rest of the script."""
    command = re.search(r"^twin (serve .*) &$", script, re.MULTILINE)
    assert command is not None
    options = command[1].split()
    assert options[options.index("--port") + 1] == "8000"
    place = options.index("--port")
    return [*options[1:place], *options[place + 2 :]], script.replace(command[0], "")


curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@curl
def test_the_integrators_chapter_of_the_readme_works_as_written():
    text = chapter("For integrators")
    options, script = started(shell(text))
    with served(*options[:-2], key=options[-1]) as twin:
        assert options[-2] == "--api-key"
        answers = as_written(twin, script)
        told = {name: body for body in answers for name in body}
        assert told["entity_feedback"]["entity_feedback"][0]["error_code"] == "0x5082"
        assert told["refresh_token"]["token_type"] == "bearer"
        assert told["api_key"]["api_key"].startswith("twin_")
        request, picked, [row], [found] = [body["items"] for body in answers if "items" in body][-4:]
        assert (request[0]["id"], request[0]["status"]) == ("order-1", "SUCCEEDED")
        assert (picked[0]["total_quantity"], picked[0]["total_negative_inventory_bookings"]) == (37, 0)
        assert (row["item_count"], found["id"]) == (37, "CUP-BLUE")
        for path in re.findall(r"`(/[a-z_.0-9/-]+)`", text):
            assert twin.client.get(path).status_code == 200, path


@curl
def test_the_clocks_chapter_of_the_readme_works_as_written():
    integrators = shell(chapter("For integrators")).partition("call POST /_twin/clock/advance")[0]
    options, before = started(integrators)
    with served(*options[:-2], key=options[-1]) as twin:
        answers = as_written(twin, before + shell(chapter("The clock")))
        assert [one["speed"] for one in answers[-8:-4]] == [0, 1, "max", "max"]
        by, to, one_event, until = answers[-4:]
        assert [one["reached"] for one in (by, to, until)] == [True] * 3
        assert one_event["reason"] == "nothing_left", "flat out, all has happened already"
