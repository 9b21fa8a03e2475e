"""The benchmarks run and compare right results, on sizes that take no time; no time is asserted."""

import re

import numpy as np
import pytest

from benchmarks import (
    Comparison,
    Row,
    __main__,
    _memory,
    _page,
    _peers,
    centrality,
    classroom,
    flow,
    gat,
    heatmaps,
    rollout,
    sparse,
)
from benchmarks._measure import against, against_singly
from tests.support.holding import hold

REASON = "igraph is not installed: make bench installs it"
needs_igraph = pytest.mark.skipif(not _peers.have_igraph(), reason=REASON)


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "benchmarks.md"
    path.write_text(f"# Before\n\n{_page.BEGIN}old\n{_page.END}\nAfter\n", encoding="utf-8")
    return path


def comparison(**changed):
    start = Comparison("flow", "(2, 3)", 0.002, "NetworkX", 2.0, 3e-9)
    return start._replace(**changed)


@needs_igraph
def test_flows_agree_with_every_peer():
    found = list(flow.rows(sizes=[(3, 4)], recorded="short", causal_text="names"))
    assert len(found) == 2 * 2 * 3 + 1
    assert {row.peer for row in found} == {"NetworkX", "igraph"}
    assert all(row.difference < 1e-6 for row in found)
    assert all(row.ratio > 0 for row in found)


@needs_igraph
def test_what_should_be_reached_is_measured():
    works = {(row.work, row.peer) for row in flow.rows([(3, 4)], "short", "names")}
    assert {(f"flow, {work}", peer) for work, _, peer in flow.TO_REACH} <= works
    sizes = {f"({layers}, {n})" for layers, n in flow.SIZES} | {"recorded (6, 32)"}
    assert {size for _, size, _ in flow.TO_REACH} <= sizes
    works = {(row.work, row.peer) for row in centrality.rows(sizes=[4])}
    assert {(work, peer) for work, _, peer in centrality.TO_REACH} <= works
    assert {n for _, n, _ in centrality.TO_REACH} <= set(centrality.SIZES)
    assert set(rollout.TO_REACH) <= set(rollout.SIZES)


@needs_igraph
def test_centrality_agrees_with_every_peer():
    found = list(centrality.rows(sizes=[8, 16]))
    assert len(found) == 2 * 3
    assert all(row.difference <= row.tolerance for row in found)


def test_heatmaps_are_timed():
    (row,) = heatmaps.rows({"causal mask": (20, {"scale": "linear"})}, runs=1)
    assert row.what == "heatmap, causal mask, n = 20"
    assert row.ours.endswith(" ms")


def test_rollout_agrees_with_the_product():
    found = list(rollout.rows(sizes=[(3, 5)]))
    assert [row.work for row in found] == ["rollout, whole", "rollout, one row"]
    assert all(row.difference < 1e-12 for row in found)


def test_without_igraph_it_is_said_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(_peers, "have_igraph", lambda: False)
    assert __main__.main(["flow", "centrality"]) == 0
    assert capsys.readouterr().out.count("pip install -e '.[peers]'") == 2
    assert __main__.main(["--write"]) == 2
    assert "needs all benchmarks and all peers" in capsys.readouterr().out


def test_an_unknown_benchmark_is_named(capsys):
    assert __main__.main(["flaw"]) == 2
    assert (
        "no such benchmark: flaw; there are centrality, classroom, flow" in capsys.readouterr().out
    )


def test_a_wrong_value_is_seen():
    every = {"cases": [(0,), (1,)], "count": 2, "runs": 2}
    values = np.array([0.25, 0.5])
    right = against_singly("w", "s", lambda: values, "p", lambda i: values[i], **every)
    assert right.agrees == "yes, 0e+00"
    assert right.sample == ""
    wrong = against_singly("w", "s", lambda: values, "p", lambda i: values[i] + 0.01 * i, **every)
    assert wrong.agrees == "NO, 1e-02"
    assert against("w", "s", lambda: 1.0, "p", lambda: 2.0, [()]).agrees == "NO, 5e-01"


def test_a_sample_is_extrapolated_and_says_so():
    cases = [(0,), (1,), (2,)]
    some = against_singly("w", "s", lambda: np.zeros(9), "p", lambda i: 0.0, cases, 9)
    assert some.sample == "p from 3 of 9 pairs"


def test_a_comparison_is_a_printed_row():
    row = comparison(to_reach=300, sample="NetworkX from 2 of 9 pairs").row()
    assert isinstance(row, Row)
    assert (row.ours, row.peer, row.ratio) == ("2.00 ms", "2,000 ms  NetworkX", 1000)
    assert row.note == "to reach: 300; values agree: yes, 3e-09; NetworkX from 2 of 9 pairs"


@needs_igraph
def test_writing_replaces_what_stood_between_the_marks(page):
    _page.write([comparison(), comparison(theirs=0.001)], page)
    _page.write([comparison(sample="NetworkX from 2 of 9 pairs")], page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Before")
    assert text.endswith("After\n")
    assert "old" not in text
    assert f"igraph {_page.version('igraph')}, torch {_page.version('torch')}" in text
    cells = "flow | (2, 3) | 2.00 ms | NetworkX (from 2 of 9 pairs) | 2,000 ms | 1,000 |  | yes"
    assert text.count("| flow |") == 1
    assert cells in text


def test_the_book_has_a_line_for_every_ratio_to_reach():
    lines = re.findall(r"^\| .* \|$", _page.PAGE.read_text(encoding="utf-8"), re.M)
    assert lines[0] == f"| {' | '.join(_page.COLUMNS)} |"
    asked = [line.split(" | ")[6] for line in lines[2:]]
    modules = (flow, centrality, rollout, gat, sparse)
    aims = [aim for module in modules for aim in module.TO_REACH.values()]
    assert sorted(float(cell) for cell in asked if cell) == sorted(aims)
    assert not [line for line in lines if "| NO" in line]


# In one process, and first: what it loads, processes that measure memory begin with.
@pytest.mark.xdist_group("memory")
def test_graph_attention_agrees_with_its_peer_and_needs_least_along_edges():
    found = list(gat.rows(sizes={"tiny": (20, 60, 5)}, forms_nodes=400))
    assert [row.work for row in found] == [
        "GAT, forward and backward",
        "GAT, sorting as well",
        "GAT, memory",
        *["GAT, memory of two forms"] * 2,
    ]
    assert all(row.agrees.startswith("yes") for row in found[:2])
    assert all(row.ratio > 2 for row in found[3:])


def test_sparse_attention_agrees_with_dense_attention():
    found = list(sparse.rows(forward=[80], backward=[80], memory=[], density_size=50))
    assert len(found) == 6 + 2 * len(sparse.DENSITIES)
    for row in found:
        assert row.agrees.startswith("yes") or (row.peer == sparse.FULL and not row.agrees)


@pytest.mark.xdist_group("memory")
def test_the_most_memory_is_what_was_held_at_once():
    if not (_memory.PROCESS / "clear_refs").exists():
        pytest.skip("only Linux says how large a process was")
    found = _memory.against_memory("w", "s", (10_000_000,), "p", (30_000_000,), hold)
    assert found.ours == pytest.approx(8e7, rel=0.05)
    assert found.theirs == pytest.approx(24e7, rel=0.05)
    assert found.row().peer == f"{found.theirs / 1e6:.0f} MB  p"


def test_a_class_whose_server_is_killed_loses_nothing():
    (row,) = classroom.rows(learners=8, rate=20, seconds=2, away=0.2, processes=1)
    assert (row.ours, row.peer) == ("320 told", "320 arrived")
    assert row.note.startswith("lost: 0, twice: 0;")
