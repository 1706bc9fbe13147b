"""Replications on a dask.distributed cluster, and a local one to try it with."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from twin.domain.errors import Refusal
from twin.studies.pool import Runner, WorkersLost
from twin.studies.running import Outcome, Task, code_hash, replicate

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 15
"""How many seconds to wait for the scheduler, and for its first worker."""
DEATHS_ALLOWED = 3
"""Workers that may die over one replication before it is given up."""


class NoCluster(Refusal):
    """There is no cluster to run on, or none that runs the same twin."""


@contextmanager
def on_cluster(address: str) -> Iterator[Runner]:
    """A runner on the cluster of a scheduler. Raises NoCluster."""
    client = _connected(address)
    try:
        _check_code(client)
        yield lambda tasks: _spread(client, tasks)
    finally:
        client.close()


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise NoCluster("--scheduler needs dask; pip install 'storage-twin[cluster]'") from None
    # What goes wrong is said once, by us.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError):
        raise NoCluster(f"no scheduler answers at {address}; start one with: twin cluster") from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        client.close()
        raise NoCluster(
            f"the scheduler at {address} has no workers; start some: dask worker {address}"
        ) from None
    return client


def _check_code(client: Client) -> None:
    """Results must not depend on which machine they come from."""
    for worker, found in sorted(client.run(code_hash).items()):
        if found != code_hash():
            raise NoCluster(f"the worker {worker} has another version of the twin; install this one there")


def _spread(client: Client, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome]]:
    from concurrent.futures import CancelledError

    from distributed import KilledWorker, as_completed

    by_key = {task.key: task for task in tasks}
    futures = [client.submit(replicate, task, key=task.key, retries=DEATHS_ALLOWED) for task in tasks]
    try:
        for future in as_completed(futures):
            yield by_key[future.key], future.result()
            future.release()
    except KilledWorker:
        reason = f"{DEATHS_ALLOWED} workers died over one replication (is memory short?)"
        raise WorkersLost(f"{reason}. With --out, what was finished is kept") from None
    except CancelledError:
        reason = "the scheduler is gone; start it again"
        raise WorkersLost(f"{reason}. With --out, what was finished is kept") from None
    finally:
        if client.status == "running":
            client.cancel(futures)


def local_cluster(workers: int, host: str, port: int) -> Any:
    """A scheduler with workers on this machine; to be closed. Raises NoCluster."""
    try:
        from distributed import LocalCluster
    except ImportError:
        raise NoCluster("twin cluster needs dask; pip install 'storage-twin[cluster]'") from None
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Workers inherit it: Ctrl-C is for us.
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host=host,
            scheduler_port=port,
            dashboard_address=None,
        )
    except OSError as error:
        raise NoCluster(f"no scheduler can listen at {host}:{port} ({error}); take another --port") from None
    finally:
        signal.signal(signal.SIGINT, usual)
