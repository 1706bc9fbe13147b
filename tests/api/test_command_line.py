"""``twin log``, ``twin verify`` and ``twin demo`` as commands."""

import json
import signal
from pathlib import Path

import pytest
from server_process import run, start

from twin.demonstration import command
from twin.demonstration.process import NoTwin, served_twin
from twin.demonstration.telling import CheckFailed, Telling, clock_text


def write_log(path: Path, seed: int = 1) -> str:
    """A short log; its hash, as the command says it."""
    options = ("--site", "tiny", "--hours", "0.5", "--lines-per-hour", "60", "--seed", str(seed))
    status, out, said = run("log", *options, "--out", str(path))
    assert (status, said) == (0, "")
    return out.split("sha256 ")[1].strip()


def test_a_log_is_written_and_proved(tmp_path):
    log = tmp_path / "run.jsonl"
    digest = write_log(log)
    status, out, _ = run("verify", str(log), "--complete", "--json")
    report = json.loads(out)
    assert status == 0
    assert (report["ok"], report["complete"], report["sha256"]) == (True, True, digest)


def test_a_log_needs_a_folder_that_is_there(tmp_path):
    status, _, said = run("log", "--site", "tiny", "--out", str(tmp_path / "nodir" / "x"))
    words = "".join(said.replace("│", " ").split())
    assert status == 2
    assert f"thefolder{tmp_path / 'nodir'}doesnotexist" in words
    assert "Errno" not in said


def test_the_same_seed_writes_the_same_log(tmp_path):
    first, second = (write_log(tmp_path / name) for name in ("a", "b"))
    assert first == second
    assert write_log(tmp_path / "c", seed=2) != first


def test_a_log_that_was_tampered_with_is_refuted(tmp_path):
    log = tmp_path / "run.jsonl"
    write_log(log)
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in lines if '"CarrierLowered"' not in line))
    status, out, said = run("verify", str(log))
    assert status == 1
    assert "Traceback" not in out + said


@pytest.mark.parametrize(
    "arguments",
    [
        ("log",),
        ("log", "--out", "/no-such-folder/run.jsonl"),
        ("log", "--out", "x", "--hours", "nan"),
        ("log", "--out", "x", "--hours", "0"),
        ("log", "--out", "x", "--lines-per-hour", "0"),
        ("log", "--out", "x", "--site", "nowhere"),
        ("verify",),
        ("verify", "/no-such-file"),
        ("verify", "/"),
        ("fly",),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, said = run(*arguments)
    assert (status, out) == (2, "")
    assert said
    assert "Traceback" not in said


def test_the_demo_checks_every_step():
    status, out, said = run("demo")
    assert (status, said) == (0, "")
    assert "were moved out of its way" in out
    assert "All " in out.splitlines()[-1]
    assert "\x1b" not in out


def test_an_interrupted_demo_says_so_and_ends():
    process = start("demo")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said.strip()) == (1, "Interrupted.")


def test_a_failed_check_says_what_was_expected_and_seen(monkeypatch, capsys):
    def tell(client, telling):
        telling.check("a bot flies", client.get("/health"), "high")

    monkeypatch.setattr(command, "tell", tell)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    assert command.run_demo("tiny") == 1
    said = capsys.readouterr()
    assert "✗ a bot flies" in said.out
    assert "expected  'high'\n  seen      'OK'" in said.err
    assert "checks held" not in said.out


def test_a_demo_of_no_site_says_why(monkeypatch, capsys):
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    assert command.run_demo("nowhere") == 1
    assert "there is no site file or shipped site 'nowhere'" in capsys.readouterr().err


def test_a_demo_that_takes_too_long_is_ended(monkeypatch, capsys):
    monkeypatch.setattr(command, "WITHIN_S", 0.01)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    assert command.run_demo("tiny") == 1
    assert "did not start" in capsys.readouterr().err


def test_the_served_twin_ends_with_its_block():
    with pytest.raises(NoTwin, match="shipped"), served_twin("nowhere", 20):
        raise AssertionError


def test_a_check_that_holds_is_counted(capsys):
    telling = Telling(lambda: 3_723_004)
    telling.check("two is two", 2, 2)
    assert telling.checks == 1
    assert capsys.readouterr().out == "1:02:03.004  ✓ two is two\n"
    with pytest.raises(CheckFailed):
        telling.check("two is three", 2, 3)
    assert telling.checks == 1


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0:00:00.000"), (59_999, "0:00:59.999"), (90_061_001, "25:01:01.001")]
)
def test_simulated_time_is_written_as_a_clock(ms, text):
    assert clock_text(ms) == text
