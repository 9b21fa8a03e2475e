"""Grading on a Dask cluster of this machine: a worker that dies loses nothing."""

import os
import signal
from importlib.util import find_spec

import pytest

from course_lib.exercises.exercise import PASSED
from course_lib.grading import cluster
from course_lib.grading.record import Record
from course_lib.grading.sandbox import Limits
from tests.support.forking import start_forkserver
from tests.support.grading import as_file, need_sandbox

pytestmark = [
    pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed"),
    pytest.mark.xdist_group("grading"),
    pytest.mark.filterwarnings("ignore"),  # of ports, event loops and sockets that are closed late
]
SETTINGS = {"limits": Limits(seconds=5, seconds_of_cells=5), "safe": True, "language": "en"}


# Workers are forked from a process that has loaded what they need, also those that stand in for
# dead ones; their sandboxes load hardly anything. Two deaths are enough to say who kills.
QUICK = {
    "distributed.worker.multiprocessing-method": "forkserver",
    "distributed.scheduler.allowed-failures": 1,
}


@pytest.fixture(scope="module")
def workers():
    import dask
    from distributed import LocalCluster

    start_forkserver("distributed", "course_lib.grading.cluster", "tests.support.little_loaded")
    with (
        dask.config.set(QUICK),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory="/tmp"
        ) as made,
    ):
        yield made


def tasks(count):
    """Return so many different notebooks, each with one right answer."""
    source = 'shift_effect = "unchanged"  # {}'
    return [
        (as_file([("weights-1", source.format(n))]), "02_weights", f"{os.getpid()}-{n}")
        for n in range(count)
    ]


def test_a_worker_is_killed_half_way_and_nothing_is_lost_or_done_twice(workers):
    need_sandbox()
    given, found = tasks(8), []
    for record in cluster.graded(given, SETTINGS, workers.scheduler_address):
        found.append(record)
        if len(found) == 3:
            os.kill(workers.workers[0].pid, signal.SIGKILL)
    assert sorted(record.digest for record in found) == sorted(task[2] for task in given)
    assert {record.verdicts[0].state for record in found} == {PASSED}


def test_workers_with_another_version_of_the_course_are_refused(workers, monkeypatch):
    monkeypatch.setattr(cluster, "version", lambda: "another")
    with pytest.raises(ValueError, match="another version"):
        list(cluster.graded(tasks(1)[:1], SETTINGS, workers.scheduler_address))


def test_a_submission_that_kills_its_workers_is_told_so(workers, monkeypatch):
    def kill(*task):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(cluster, "grade_there", kill)
    (record,) = cluster.graded([(b"", "", "deadly")], SETTINGS, workers.scheduler_address)
    assert isinstance(record, Record)
    assert "ended every process" in record.problem
