"""What all judges share: how answers become data, are compared, and are run."""

import collections
import dataclasses
import decimal
import fractions
import gc
import random
import threading
import time
import warnings

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sympy
import torch

from course_lib.attention import softmax
from course_lib.exercises.calling import CHANGED, call_function, call_keeping
from course_lib.exercises.crossing import same_data, with_crossed
from course_lib.exercises.exercise import ERROR, PASSED, WRONG, Check, Exercise, Wrong, assess
from course_lib.exercises.judging import (
    compare_all,
    compare_choice,
    compare_number,
    read_pair,
    read_parts,
    same,
    same_copied,
)
from course_lib.exercises.plain_data import Raised, attempt, plain
from course_lib.grading.inside import wire

SAID = {"kind": "implement", "minutes": 1, "hints": ("", ""), "solution": "", "reason": ""}
HALF = np.array([[0.5, 0.25], [1.0, 0.125]])


def judged(answer, *, cases=((3.0,), (-2.0,)), right=abs, mistakes=(), **check):
    """Return the verdict on an answer to an exercise with one argument."""
    posed = Check(
        inputs=lambda rng: list(cases),
        judge=lambda cases, values: compare_all("It", cases, values, right, mistakes),
        **check,
    )
    exercise = Exercise(key="weights-2", title="Size", answer="size", **SAID, **vars(posed))
    return assess(exercise, {"size": answer})


Pair = collections.namedtuple("Pair", "output weights")

AS_DATA = {
    "list": HALF.tolist(),
    "tuple of arrays": tuple(HALF),
    "float16": HALF.astype(np.float16),
    "tensor with a gradient": torch.tensor(HALF, requires_grad=True),
    "bfloat16": torch.tensor(HALF, dtype=torch.bfloat16),
    "sparse tensor": torch.tensor(HALF).to_sparse(),
    "sparse matrix": scipy.sparse.csr_matrix(HALF),
    "data frame": pd.DataFrame(HALF),
    "objects": HALF.astype(object),
    "fractions": np.vectorize(fractions.Fraction, otypes=[object])(HALF),
    "iterator of rows": (row for row in HALF),
    "map": map(list, HALF),
    "without gaps": np.ma.masked_array(HALF),
    "matrix of tensors": [[torch.tensor(x) for x in row] for row in HALF],
}


@pytest.mark.parametrize("name", AS_DATA)
def test_right_numbers_are_right_in_any_dress(name):
    assert same(plain(AS_DATA[name]), HALF)


@pytest.mark.parametrize(
    "number",
    [1, True, 1.0, np.float16(1), np.int8(1), fractions.Fraction(1), decimal.Decimal(1),
     sympy.Integer(1), sympy.Rational(2, 2), torch.tensor(1), np.array(1, dtype=object)],
)  # fmt: skip
def test_every_number_that_float_takes_is_a_number(number):
    assert same(plain(number), 1)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (object(), "no array"),
        (np.array([1, "a"], dtype=object), "no array"),
        (np.array([1, None], dtype=object), "no array"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "filled"),
        (iter(int, 1), "does not end"),
        (ValueError("8 and 3"), "raise it instead"),
    ],
)
def test_what_is_no_data_is_told(value, told):
    raised = attempt(lambda: value)
    assert isinstance(raised, Raised)
    assert told in raised.message


def double(array):
    array *= 2
    return array


def forget_last(numbers):
    numbers.pop()
    return 1


def lend(array):
    """Change it, and put it back."""
    first, array[0] = array[0], 0
    total = array.sum()
    array[0] = first
    return total


def rewrite(table):
    table["weights"][0] = 0
    return 1


def spend(rng):
    return rng.random()


def in_steps(array):
    for k in range(len(array)):
        array[k] += 1
        yield array[k]


CASES = {
    "array": lambda: np.arange(3.0),
    "list": lambda: [1, 2],
    "table": lambda: {"weights": np.ones(2)},
    "rng": lambda: np.random.default_rng(0),
    "gaps": lambda: np.array([np.nan, 1.0]),
    "gap": lambda: [float("nan")],
}


@pytest.mark.parametrize(
    ("answer", "kind", "kept"),
    [
        (double, "array", False),
        (in_steps, "array", False),
        (forget_last, "list", False),
        (rewrite, "table", False),
        (lend, "array", True),
        (len, "list", True),
        (np.isnan, "gaps", True),
        (len, "gap", True),
        (spend, "rng", True),  # to draw from a generator is to change it
    ],
)
def test_an_answer_that_changes_its_arguments_is_told_apart(answer, kind, kept):
    cases = [(CASES[kind](),)]
    (value,) = call_keeping(answer, cases)
    assert (isinstance(value, Raised) and value.type == CHANGED) is not kept
    assert not isinstance(call_function(answer, cases)[0], Raised)
    if kept:
        np.testing.assert_equal(value, call_function(answer, cases)[0])


def test_a_right_answer_that_changes_its_arguments_is_refused_where_it_must_keep_them():
    cases, right = [(np.arange(3.0),), (np.ones(2),)], {"right": lambda array: 2 * array}
    assert judged(double, cases=cases, **right).state == PASSED
    refused = judged(double, cases=cases, call=call_keeping, **right)
    assert refused.state == WRONG
    assert "Work on a copy" in refused.message
    assert judged(lambda array: 2 * array, cases=cases, call=call_keeping, **right).state == PASSED
    # A return that is missing and an error of its own are told first.
    lost = judged(lambda array: double(array) and None, cases=cases[1:], call=call_keeping, **right)
    assert "stopped with ValueError" in lost.message
    silent = judged(lambda array: double(array).sort(), cases=cases, call=call_keeping)
    assert "gave None" in silent.message


def test_a_named_tuple_and_views_of_a_dict_keep_their_parts():
    assert plain(Pair(1, 2)) == (1, 2)
    assert plain({1: 2}.values()) == [2]
    assert plain(range(3)) == [0, 1, 2]
    assert plain(nx.DiGraph([(0, 1)])).edges == [(0, 1, {})]


def test_sets_and_keys_of_numbers_of_any_kind_are_data():
    i, j = np.argwhere(HALF == 1)[0]
    assert plain({(i, j, HALF[i, j])}) == frozenset({(1, 0, 1.0)})
    assert plain({torch.tensor(2), np.float32(0.5)}) == frozenset({2, 0.5})
    assert plain({(i, j): HALF[i, j], i: "one"}) == {(1, 0): 1.0, 1: "one"}


def test_objects_in_an_array_are_texts_or_parts():
    pair = np.empty(2, dtype=object)
    pair[:] = np.ones(3), [0.5, 0.5]
    first, second = plain(pair)
    assert same(first, np.ones(3))
    assert second == [0.5, 0.5]
    assert plain(np.array(["key", "query"], dtype=object)).tolist() == ["key", "query"]
    compare_choice(plain(np.array("key", dtype=object)), "key", "It", {})
    assert plain(nx.MultiDiGraph([(0, 1)])).several
    assert not plain(nx.DiGraph([(0, 1)])).several


def test_text_is_no_number_and_no_array_of_them():
    with pytest.raises(Wrong, match=r"It should be a number, got 'a'\."):
        compare_number("a", 1, "It")
    with pytest.raises(Wrong, match=r"should be an array of numbers, got \['a'\]\."):
        compare_all("It", [()], [["a"]], lambda: np.ones(1))


def test_an_exception_is_known_by_its_family_and_read_whole():
    class Odd(ValueError):
        pass

    def fail():
        raise Odd("first line\nn_heads must divide")

    raised = attempt(fail)
    assert raised.is_a("ValueError")
    assert raised.is_a("Odd")
    assert not raised.is_a("TypeError")
    assert "n_heads" in raised.message
    assert raised.told == "first line"


def rough(array, kind):
    return plain(torch.tensor(array).to(kind))


def test_each_precision_has_its_own_tolerance():
    weights = softmax(np.random.default_rng(0).normal(size=(5, 5)))
    for kind in (torch.float32, torch.float16, torch.bfloat16):
        assert same(rough(weights, kind), weights)
        assert same(list(rough(weights, kind)), weights)
        assert same((rough(weights, kind), rough(weights, kind)), [weights, weights])
    assert not same(weights + 1e-4, weights)
    assert not same(np.round(weights, 4), weights)
    assert not same((weights + 1e-3).astype(np.float32), weights)
    assert not same(rough(weights * 1.2, torch.bfloat16), weights)


def test_what_is_counted_is_not_nearly_right_in_half_precision():
    counts = np.array([171, 29])
    for kind in (torch.float16, torch.bfloat16, torch.float32):
        assert same(rough(counts, kind), counts)
        assert not same(rough(counts - 1, kind), counts)
    assert same(rough(np.array([3001]), torch.bfloat16), np.array([3001]))  # as near as it can be
    assert same(plain(torch.tensor([1.0, 0.0])), np.array([True, False]))


def test_what_is_copied_may_be_stored_in_any_precision_but_not_rounded():
    weights = softmax(np.random.default_rng(0).normal(size=(5, 5)))
    weights[0, 0] = 2.0**-1074
    for kind in (torch.float32, torch.float16, torch.bfloat16):
        assert same_copied(rough(weights, kind), weights)
    assert same_copied(weights.astype(np.float32).tolist(), weights)
    assert same(weights.round(6), weights)
    assert not same_copied(weights.round(6), weights)
    assert not same_copied(np.float16(weights + 1e-3), weights)
    assert not same_copied([1e-9], [2.0**-22])


def test_the_right_answer_comes_before_every_mistake():
    # In float16 the mistake is as near as the right answer.
    near = [(lambda x: abs(x) * 1.001, "A thousandth too much.")]
    assert judged(lambda x: np.float16(abs(x)), mistakes=near).state == PASSED
    assert judged(lambda x: abs(x) * 1.001, mistakes=near).message == "A thousandth too much."


def test_a_graph_is_data_whatever_its_nodes_and_weights_are():
    graph = nx.DiGraph(name="of three")
    graph.add_edge(np.int64(0), 1, weight=torch.tensor(0.5, dtype=torch.bfloat16))
    graph.add_edge(1, np.int64(2), weight=fractions.Fraction(1, 4), told=object())
    found = plain(graph)
    assert {node: type(node) for node in found.nodes} == {0: int, 1: int, 2: int}
    assert [(u, v, float(data["weight"])) for u, v, data in found.edges] == [
        (0, 1, 0.5),
        (1, 2, 0.25),
    ]
    assert found.edges[1][2]["told"] is None
    sent = wire.read(wire.write(found))
    assert (sent.nodes, sent.edges) == (found.nodes, found.edges)


def test_a_mistake_is_named_only_if_it_explains_all_cases():
    mistakes = [(lambda x: x, "The sign is kept.")]
    assert judged(lambda x: x, mistakes=mistakes).message == "The sign is kept."
    by_chance = judged(lambda x: x if x < 0 else 7.0, mistakes=mistakes)
    assert by_chance.message == "It: not right yet, expected 3, got 7."
    for cases in ((-2.0,), (3.0,)), ((3.0,), (-2.0,), (3.0,)):  # after the one, and before it
        other = [(lambda x: -abs(x), "Always below 0.")]
        assert "got -2" in judged(lambda x: x, cases=cases, mistakes=other).message
    silent = [(lambda x: x if x < 0 else None, "Negative numbers.")]
    assert judged(lambda x: x, mistakes=silent).message == "Negative numbers."
    assert "not right yet" in judged(lambda x: -x, mistakes=silent).message


def test_a_difference_behind_the_shown_digits_is_shown():
    with pytest.raises(Wrong, match=r"expected 1\.909, got 1\.9091"):
        compare_all("It", [()], [1.9091], lambda: 1.909)
    with pytest.raises(Wrong, match="expected 36028797018963969, got 36028797018963968"):
        compare_all("It", [()], [2**55], lambda: 2**55 + 1, same=lambda got, right: got == right)
    with pytest.raises(Wrong, match=r"expected \(1, 2\), got \(2, 1\)"):
        compare_all("It", [()], [(2, 1)], lambda: (1, 2))
    with pytest.raises(Wrong, match="NaN"):
        compare_all("It", [()], [[np.nan]], lambda: [1.0])


def test_a_number_may_be_rounded_as_people_do_but_not_counted_wrongly():
    for value in (0.3468, 0.35, 0.347, np.float16(0.3468), fractions.Fraction(3468, 10000)):
        compare_number(plain(value), 0.34683, "It")
    for value in (0.3, 0.34, 0.36, 0.4):
        with pytest.raises(Wrong, match="not right yet"):
            compare_number(value, 0.34683, "It")
    for value in (170, np.float16(170), rough(np.array(170.0), torch.bfloat16)):
        with pytest.raises(Wrong, match="not right yet"):
            compare_number(value, 171, "It")
    compare_number(np.float16(171), 171, "It")
    with pytest.raises(Wrong, match="the other"):
        compare_number(0.65, 0.34683, "It", [(0.65317, "That is the other.")])


def test_a_choice_is_read_as_people_write_it():
    text = "unchanged"
    for value in (text, " Unchanged.", "'unchanged'", np.str_(text), np.array(text), [text][0]):
        compare_choice(plain(value), "unchanged", "It", {"larger": "No."})
    with pytest.raises(Wrong, match=r"^No\.$"):
        compare_choice("Larger!", "unchanged", "It", {"larger": "No."})
    with pytest.raises(Wrong, match="should be one of"):
        compare_choice(plain(np.array(["a", "b"])), "unchanged", "It", {"larger": "No."})


def test_pairs_and_parts_come_as_tuples_lists_or_stacked():
    for pair in ((HALF, HALF), [HALF, HALF], np.stack([HALF, HALF]), Pair(HALF, HALF)):
        assert len(read_pair(plain(pair), "It", "a", "b")) == 2
        assert len(read_parts(plain(pair), "It", "a", "b")) == 2
    for odd in (3, HALF[0][:1], "ab", {1: 2, 3: 4}, [[1], [1, 2], 3]):
        with pytest.raises(Wrong, match="two things"):
            read_pair(odd, "It", "first", "second")
        with pytest.raises(Wrong, match="first, second"):
            read_parts(odd, "It", "first", "second")
    with pytest.raises(Wrong, match="wrong way round"):
        read_pair([[1], [1, 2]], "It", "a", "b", shapes=((2,), (1,)))


# The state of the notebook.


def careful(x):
    assert np.exp(-1000.0) == 0
    assert torch.tensor(1.0).dtype is torch.float32
    assert torch.is_grad_enabled()
    warnings.warn("look", stacklevel=1)
    np.seterr(all="raise")
    torch.set_default_dtype(torch.float64)
    np.random.seed(7)  # noqa: NPY002
    random.seed(7)
    torch.manual_seed(7)
    return np.exp(-1000.0 * abs(x)) + abs(x)


def test_a_notebook_s_settings_decide_nothing_and_come_back():
    states = [np.random.get_state()[1].tolist(), random.getstate(), torch.get_rng_state().tolist()]  # noqa: NPY002
    torch.set_default_dtype(torch.float64)
    try:
        with np.errstate(all="raise"), torch.no_grad(), warnings.catch_warnings(action="error"):
            assert judged(lambda x: np.exp(-1000.0) + abs(x)).state == PASSED
        assert torch.get_default_dtype() is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert judged(careful).state == ERROR  # its own np.seterr holds until its call ends
    assert torch.get_default_dtype() is torch.float32
    assert np.geterr()["under"] != "raise"
    assert states == [
        np.random.get_state()[1].tolist(), random.getstate(), torch.get_rng_state().tolist(),  # noqa: NPY002
    ]  # fmt: skip


def test_random_answers_are_the_same_in_every_run():
    def guess(x):
        return random.random() + np.random.rand() + torch.rand(1).item()  # noqa: NPY002

    assert judged(guess).message == judged(guess).message


# Calls.


def test_a_call_that_does_not_end_is_ended():
    def endless(x):
        while True:
            try:
                time.sleep(0.001)
            except Exception:
                continue

    def stubborn(x):
        for _ in range(3):
            try:
                while True:
                    pass
            except BaseException:
                continue
        return abs(x)

    for answer in (endless, stubborn):
        result = judged(answer, seconds=0.1)
        assert result.state == ERROR
        assert "did not come to an end within 0.1 seconds" in result.message


@pytest.mark.skipif(
    not hasattr(time, "pthread_getcpuclockid"), reason="no clock counts what a thread computes"
)
def test_a_call_that_waits_for_the_machine_has_more_time():
    def waits(x):
        time.sleep(0.3)
        return abs(x)

    def waits_for_ever(x):
        while True:
            time.sleep(0.01)

    assert judged(waits, seconds=0.2).state == PASSED
    assert judged(waits_for_ever, seconds=0.2).state == ERROR


def test_no_alarm_rings_after_a_call():
    # Calls that end just when their time does: the exception may come anywhere around the end.
    states = set()
    for repeat in range(300):
        result = judged(lambda x: time.sleep(0.0002) or abs(x), seconds=0.0004 * (repeat % 4))
        states.add(result.state)
    time.sleep(0.3)
    assert ERROR in states


def test_an_alarm_heard_by_the_garbage_collector_is_not_reported(monkeypatch):
    heard = []

    def slow_callback(phase, info):
        try:
            until = time.perf_counter() + 0.02
            while time.perf_counter() < until:
                pass
        except BaseException as error:
            heard.append(error)
            raise

    def collects(x):
        while len(heard) < 3:
            gc.collect(0)
        return abs(x)

    reported = []
    monkeypatch.setattr("sys.unraisablehook", reported.append)
    gc.callbacks.append(slow_callback)
    try:
        assert judged(collects, seconds=0.05).state == ERROR
    finally:
        gc.callbacks.remove(slow_callback)
    assert len(heard) >= 3
    assert not reported


def test_a_forbidden_function_is_seen_under_any_name():
    def wrapped(x):
        return float(softmax(np.array([[0.0]]))[0, 0]) * abs(x)

    rank = nx.pagerank
    result = judged(wrapped, without=(softmax,))
    assert result.state == WRONG
    assert "course_lib.attention.softmax" in result.message
    assert judged(wrapped).state == PASSED
    hidden = {
        nx.pagerank: lambda x: abs(x) + 0 * len(rank(nx.path_graph(2))),
        torch.softmax: lambda x: abs(x) * torch.softmax(torch.zeros(1), 0).item(),
        torch.nn.Linear: lambda x: abs(x) * torch.nn.Linear(1, 1).in_features,
    }
    for forbidden, answer in hidden.items():
        assert judged(answer).state == PASSED
        assert judged(answer, without=(forbidden,)).state == WRONG
    assert judged(abs, without=(softmax, nx.pagerank)).state == PASSED


def test_a_chapter_s_judges_are_no_help_where_the_work_is_to_be_done():
    """They hold what is right; who imports it has not written it."""
    from course_lib.chapters.ch12_pooling import mistakes

    def borrowed(x):
        return abs(x) + 0 * mistakes.apart(np.ones((1, 2)) / 2).size

    result = judged(borrowed, without=(softmax,))
    assert result.state == WRONG
    assert "ch12_pooling.mistakes.apart" in result.message


def test_a_forbidden_function_is_seen_in_a_thread():
    def hidden(x):
        found = []
        thread = threading.Thread(target=lambda: found.append(softmax(np.zeros((1, 1)))))
        thread.start()
        thread.join()
        return float(found[0][0, 0]) * abs(x)

    assert judged(hidden, without=(softmax,)).state == WRONG
    assert threading.getprofile() is None


def test_iterators_of_iterators_are_read_as_a_loop_reads_them():
    assert plain((i * j for j in range(2)) for i in range(3)) == [[0, 0], [0, 1], [0, 2]]


def test_inputs_and_judges_may_use_what_answers_may_not():
    posed = Check(
        inputs=lambda rng: [(softmax(rng.normal(size=(2, 2))),)],
        judge=lambda cases, values: compare_all("It", cases, values, softmax),
        without=(softmax,),
    )
    exercise = Exercise(key="weights-2", title="", answer="size", **SAID, **vars(posed))

    def own(x):
        return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

    assert assess(exercise, {"size": own}).state == PASSED
    assert assess(exercise, {"size": lambda x: softmax(x)}).state == WRONG
    assert dataclasses.replace(exercise, without=()).without == ()


def test_numbers_of_numpy_are_shown_as_python_writes_them():
    for value, written in (
        (np.float64(1.5), "1.5"),
        ([np.float32(0.5), np.str_("a")], "[0.5, 'a']"),
    ):
        with pytest.raises(Wrong) as told:
            compare_choice(value, "mean", "`pool`", {})
        assert str(told.value).endswith(f"got {written}.")


def numbered(rng):
    """Make arrays with a number each: one of two entries, and two of three."""
    return [(rng.normal(size=n), int(rng.integers(1000))) for n in (2, 3, 3)]


def test_each_argument_comes_once_from_another_case():
    _, second, third, *made = with_crossed(numbered, np.random.default_rng(0))
    alike = [[tuple(map(same_data, case, own)) for own in (second, third)] for case in made if case]
    assert [
        (True, False),
        (False, True),
    ] in alike  # an array of the second, and a number of the third
    assert [(False, True), (True, False)] in alike
    assert made[-1] is second
    assert any(0 < np.ptp(case[0] - second[0]) < 1e-3 for case in made if len(case[0]) == 3)
    one = [(1.0,)]
    assert with_crossed(lambda rng: one, np.random.default_rng(0)) is one


def test_without_two_cases_of_one_form_inputs_are_made_once_more():
    cases = with_crossed(lambda rng: numbered(rng)[:2], np.random.default_rng(0))
    assert len({number for array, number in cases if len(array) == 2}) > 1


def test_arguments_that_do_not_fit_together_are_left_out():
    rng = np.random.default_rng(0)
    fitting = with_crossed(numbered, rng, fits=lambda array, number: len(array) == 2)
    assert all(len(array) == 2 for array, _ in fitting[3:-1])


def test_an_answer_that_knows_arrays_by_their_place_is_seen():
    cases = [(np.array([1.0]),), (np.array([2.0]),)]
    for call in (call_function, call_keeping):
        found = {}
        kept = call(lambda x, found=found: found.setdefault(id(x), x.sum()), cases)
        assert kept == [1, 1]
        assert call(lambda x: x * 2, cases) == [[2], [4]]
