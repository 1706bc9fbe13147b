"""The same study on a cluster: scheduler and workers as processes of their own, one of which dies."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from small import TEXT, executor, study

from twin.studies.cluster import NoCluster, on_cluster
from twin.studies.folder import Folder
from twin.studies.study import Executor, carry_out

SCHEDULER = ("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
WORKER = ("-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
VARIED = TEXT + "vary: {fleet.bots_per_level: [1, 2]}\n"


class Cluster:
    """A scheduler and two workers."""

    def __init__(self, folder: Path, processes: ExitStack) -> None:
        self._file = folder / "scheduler.json"
        where = ("--scheduler-file", str(self._file))
        self._processes, self._folder = processes, folder
        self.scheduler = self._start(*SCHEDULER, *where)
        while not self._file.exists():
            assert self.scheduler.poll() is None
            time.sleep(0.05)
        self.workers = [self._start(*WORKER, *where) for _ in range(2)]

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = self._processes.enter_context(
            subprocess.Popen([sys.executable, *arguments], cwd=self._folder, stderr=subprocess.DEVNULL)
        )
        self._processes.callback(process.kill)
        return process

    @property
    def address(self) -> str:
        """Where the scheduler is."""
        address: str = json.loads(self._file.read_text())["address"]
        return address


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster that ends with the test."""
    with ExitStack() as processes:
        yield Cluster(tmp_path, processes)


def test_a_cluster_comes_to_the_same_bytes_even_if_a_worker_is_killed_half_way(cluster, tmp_path):
    variants = study(VARIED, "run.replications=8").compared()
    ended = 0

    def kill_one_half_way(done: int, total: int) -> None:
        nonlocal ended
        ended = done
        if done == total // 2:
            cluster.workers[0].kill()

    with on_cluster(cluster.address) as runner:
        ready = Executor(runner, Folder(tmp_path / "far"), kill_one_half_way)
        ready.keeper.write(carry_out(variants, ready), study(VARIED), 1.0)
    assert cluster.workers[0].wait() < 0
    assert cluster.workers[1].poll() is None
    assert ended == 16
    with executor(Folder(tmp_path / "near")) as ready:
        ready.keeper.write(carry_out(variants, ready), study(VARIED), 1.0)
    for file in ("kpis.json", "runs.parquet", "series.json", "scenario.yaml", "variants.json"):
        assert (tmp_path / "far" / file).read_bytes() == (tmp_path / "near" / file).read_bytes()


def test_where_no_scheduler_answers_it_is_said(monkeypatch):
    monkeypatch.setattr("twin.studies.cluster.PATIENCE", 1)
    with (
        pytest.raises(NoCluster, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"),
        on_cluster("tcp://127.0.0.1:9"),
    ):
        pass
