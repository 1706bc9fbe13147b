"""``twin serve`` as a process: its start, its word, its end."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from server_process import STOP_S, run, served, start

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
        process.kill()
        process.communicate()
    assert len(keys) == 2
    assert all(len(key) >= 32 for key in keys)


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
        with socket.create_connection((host, int(port))) as silent, socket.create_connection(
            (host, int(port))
        ) as half:
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


def chapter(title: str) -> str:
    """The shell lines of a chapter of the README."""
    text = README.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_integrators_chapter_of_the_readme_works_as_written():
    script = chapter("For integrators")
    command = re.search(r"^twin (serve .*) &$", script, re.MULTILINE)
    assert command is not None
    options = command[1].split()
    assert options[options.index("--port") + 1] == "8000"
    with served("--site", options[options.index("--site") + 1], "--speed", "0", key="secret") as twin:
        script = script.replace(command[0], "").replace("http://127.0.0.1:8000", twin.url)
        bash = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(bash, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        request = answers[-2]["items"][0]
        assert (request["id"], request["status"]) == ("order-1", "SUCCEEDED")
        sku = answers[-1]["items"][0]
        assert (sku["total_quantity"], sku["total_negative_inventory_bookings"]) == (37, 0)
