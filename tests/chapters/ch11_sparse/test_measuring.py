"""What an answer makes is measured, whether by NumPy, by PyTorch or row by row."""

import sys
import tracemalloc

import numpy as np
import pytest
import torch

from course_lib.chapters.ch11_sparse.measuring import metered

N = 800


def measured(work):
    """Return the bytes that some work makes, in arrays of N bytes or more, and what it gives."""
    given = []
    with metered(least=2 * N, most=N * N // 2) as meter:
        given.append(work())
    return meter.total, given


def rows(make):
    return lambda: [make().sum() for _ in range(N)]


@pytest.mark.parametrize(
    "work",
    [
        lambda: np.zeros((N, N), dtype=bool).sum(),
        lambda: torch.zeros(N, N, dtype=torch.bool).sum(),
        lambda: torch.ones(N).expand(N, N) + 1,
        lambda: np.tri(N) @ np.ones(N),
        rows(lambda: np.ones(N, dtype=np.float32)),
        rows(lambda: torch.ones(N)),
        lambda: sum(i == j for i in range(N) for j in range(N)),
        lambda: [[0] * N for _ in range(N)],
    ],
)
def test_all_pairs_are_noticed_and_ended(work):
    total, given = measured(work)
    assert total > N * N // 2
    assert given == []


@pytest.mark.parametrize(
    "work",
    [
        lambda: np.ones((3 * N, 4)).sum(),
        lambda: torch.ones(N).expand(N, N).shape,
        lambda: np.broadcast_to(np.ones(N), (N, N)).shape,
        lambda: [np.ones(4).sum() for _ in range(N)],
        lambda: [torch.ones(4).sum() for _ in range(N)],
    ],
)
def test_work_along_edges_is_not(work):
    total, given = measured(work)
    assert total < N * N // 8
    assert len(given) == 1


def test_what_was_set_before_is_given_back():
    before = sys.gettrace(), tracemalloc.is_tracing()
    measured(lambda: np.zeros((N, N)))
    with pytest.raises(ZeroDivisionError):
        measured(lambda: 1 / 0)
    assert (sys.gettrace(), tracemalloc.is_tracing()) == before
