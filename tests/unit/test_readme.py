"""The planners' and researchers' chapters of the README; tests/api/test_serve.py has those with curl."""

import re
import shlex
from pathlib import Path

import pytest

from twin.experiments.scenario.reading import find_scenario, load_study
from twin.studies.sizing import CONFIDENCE, question

README = Path(__file__).parents[2] / "README.md"


def block(title: str) -> str:
    """The first fenced block of a chapter."""
    chapter = README.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    found = re.search(r"```(?:\w*)\n(.*?)```", chapter, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_planners_command_asks_what_the_readme_says_it_answers():
    command, *answer = block("For planners").replace("\\\n", "").splitlines()
    dollar, twin, size, file, *words = shlex.split(command)
    assert (dollar, twin, size) == ("$", "twin", "size")
    given: dict[str, list[str]] = {"--set": []}
    for option, value in zip(words[::2], words[1::2], strict=True):
        given.setdefault(option, []).append(value)
    study = load_study(find_scenario(file), given.pop("--set"))
    asked = question(study, given.pop("--vary")[0], given.pop("--target"))
    assert list(given) == ["--out"]
    found = re.match(r"(\S+)=(\d+) is the smallest value that meets the targets", answer[0])
    assert found is not None
    assert found[1] == asked.key
    assert found[2] in asked.values
    assert answer[1].startswith(f"  intervals at {100 * CONFIDENCE:g} %")
    tried = [line.split()[0] for line in answer[2:-1]]
    assert set(tried) < set(asked.values)
    assert all("lines_per_hour >= 500" in line for line in answer[2:-1])
    assert list(asked.targets) == ["lines_per_hour"]


def test_the_researchers_chapter_works_as_written(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    exec(compile(block("For researchers"), str(README), "exec"), {})
    assert capsys.readouterr().out.count("Order lead time, mean") == 2
    assert (tmp_path / "level.svg").read_text(encoding="utf-8").startswith("<svg")
