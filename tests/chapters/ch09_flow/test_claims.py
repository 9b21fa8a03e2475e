"""What chapter 09 says in general, on all recorded sentences: new data that differ turn it red."""

import networkx as nx
import numpy as np
import pytest

from course_lib.attention import softmax
from course_lib.centrality import row_correlations
from course_lib.data import available, load_attention, load_leave_one_out
from course_lib.flow import attention_flow, layered_graph, max_flow
from course_lib.rollout import residual_layers, rollout

NAMES = list(available())
WEIGHTS = {name: load_attention(name)[0] for name in NAMES}
EFFECTS = {name: load_leave_one_out(name)[1] for name in NAMES}
SHORT = {name: w for name, w in WEIGHTS.items() if w.shape[-1] <= 15}  # where flows are quick
EDGE = 1e-6  # as close to the bound as a saturated flow is computed


def agreement(matrix_of, recorded=WEIGHTS):
    """Return the mean over the outputs of each sentence, shape (sentences,)."""
    return np.array(
        [row_correlations(matrix_of(w), EFFECTS[name]).mean() for name, w in recorded.items()]
    )


def column_sums(k):
    """Return the function that gives every output the same row: the column sums of layer k."""
    return lambda w: np.tile(w[k].mean(axis=0).sum(axis=0), (w.shape[-1], 1))


def bound(layers):
    return np.minimum(1, layers[0].sum(axis=0))


def saturated(layers):
    """Return which flows through layers with their residual mixed in equal their bound."""
    return attention_flow(layers, residual=0) > bound(layers) - EDGE


@pytest.fixture(scope="module")
def flows():
    return {name: attention_flow(weights) for name, weights in WEIGHTS.items()}


@pytest.fixture(scope="module")
def at_bound(flows):
    return {
        name: flow > bound(residual_layers(WEIGHTS[name])) - EDGE for name, flow in flows.items()
    }


def test_on_most_sentences_more_than_half_of_the_flows_are_saturated(at_bound):
    shares = np.array([found.mean() for found in at_bound.values()])
    assert (shares > 0.5).mean() > 0.75


@pytest.mark.parametrize("name", NAMES)
def test_flows_lie_between_the_rollout_and_the_bound(name, flows):
    assert (flows[name] >= rollout(WEIGHTS[name]) - EDGE).all()
    assert (flows[name] <= bound(residual_layers(WEIGHTS[name])) + EDGE).all()


@pytest.mark.parametrize("name", NAMES)
def test_outputs_that_saturate_an_input_have_the_same_flow_to_it(name, flows, at_bound):
    for j, column in enumerate(at_bound[name].T):
        if column.any():
            assert np.ptp(flows[name][column, j]) < 2 * EDGE


@pytest.mark.parametrize("name", NAMES)
def test_cls_is_an_exception_it_saturates_nothing_but_itself(name, at_bound):
    assert at_bound[name][0].tolist() == [True] + [False] * (len(at_bound[name]) - 1)


def test_more_layers_saturate_more_on_every_sentence_but_the_shortest(at_bound):
    fall = []
    for name, weights in SHORT.items():
        layers = residual_layers(weights)
        shares = [saturated(layers[:depth]).mean() for depth in (3, 4, 5)]
        shares.append(at_bound[name].mean())
        assert shares[-1] > shares[0]
        if (np.diff(shares) < 0).any():
            fall.append(name)
    assert fall == ["short"]


def test_nothing_saturates_below_the_identity_and_everything_below_flat_layers():
    for seed in range(3):
        first = residual_layers(softmax(np.random.default_rng(seed).normal(size=(1, 6, 6))))
        above = np.eye(6)[None].repeat(4, axis=0)
        assert not saturated(np.concatenate([first, above])).any()
        flat = np.full((4, 6, 6), 1 / 6)
        assert saturated(np.concatenate([first, flat])).all()


def causal(weights):
    masked = np.tril(weights)
    return masked / masked.sum(axis=-1, keepdims=True)


def test_under_a_causal_mask_hardly_any_flow_saturates_and_only_to_the_first_token():
    for name in available(model="smollm2"):
        # Of a causal model, the first tokens are a text of their own; the next test reads on.
        weights = load_attention(name, model="smollm2")[0][:6, :, :32, :32].astype(float)
        found = saturated(residual_layers(weights / weights.sum(axis=-1, keepdims=True)))
        assert 0 < found.mean() < 0.1
        assert not found[:, 1:].any()
    for weights in WEIGHTS.values():
        found = saturated(residual_layers(causal(weights)))
        assert found[:, 0].all()
        assert found[:, 1:].sum() <= 1  # in repeated_words one leads to another token


def test_through_all_of_the_longest_text_the_last_output_alone_fills_a_few_others():
    others = {}
    for name in available(model="smollm2"):
        weights = load_attention(name, model="smollm2")[0][:6].astype(float)
        found = saturated(residual_layers(weights / weights.sum(axis=-1, keepdims=True)))
        assert 0 < found.mean() < 0.1
        assert not found[:-1, 1:].any()
        others[name] = found[-1, 1:].sum()
    assert 0 < others.pop("paragraph") < 10
    assert not any(others.values())


def test_saturated_flows_to_an_input_stay_so_under_any_layers_on_top():
    below = residual_layers(softmax(np.random.default_rng(0).normal(size=(5, 5, 5))))
    inputs = saturated(below).all(axis=0)
    assert inputs.any()
    for spread in (0, 2, 20):
        top = softmax(spread * np.random.default_rng(1).normal(size=(2, 5, 5)))
        assert saturated(np.concatenate([below, top]))[:, inputs].all()


def test_the_smallest_cut_from_it_to_dog_lies_just_above_the_input():
    weights, tokens = load_attention("it_tired")
    dog = tokens.index("dog")
    value, cut = max_flow(weights, tokens.index("it"), dog)
    assert {edge[1] for edge in cut} == {(0, dog)}
    assert len(cut) == len(tokens)
    assert np.isclose(value, bound(residual_layers(weights))[dog], atol=EDGE)


def test_flow_agrees_badly_and_without_its_bottom_layer_as_well_as_raw_weights(flows):
    whole = np.array([row_correlations(flows[n], EFFECTS[n]).mean() for n in NAMES])
    later = agreement(lambda w: attention_flow(w[1:]))
    last = agreement(lambda w: w[-1].mean(axis=0))
    assert whole.mean() < 0.25
    assert (later - whole > 0.15).all()
    assert abs(later.mean() - last.mean()) < 0.06


def follows_column_sums(matrix_of_bottom):
    """Whether the agreement follows that of the column sums of whichever layer is at the bottom."""
    for k in range(6):
        found = agreement(lambda w, k=k: matrix_of_bottom(np.concatenate([w[[k]], w[1:]])), SHORT)
        if abs(found.mean() - agreement(column_sums(k), SHORT).mean()) > 0.08:
            return False
    return True


def test_flow_repeats_the_column_sums_of_whichever_layer_is_at_the_bottom():
    assert follows_column_sums(attention_flow)


def test_that_rollout_does_not_repeat_them_is_noticed():
    assert not follows_column_sums(rollout)


def test_each_flow_ranks_the_inputs_much_as_the_column_sums_of_the_bottom_layer_do(flows):
    alike = [row_correlations(flows[n], column_sums(0)(WEIGHTS[n])).mean() for n in NAMES]
    assert min(alike) > 0.5
    assert np.median(alike) > 0.8


def test_the_column_sums_of_layer_0_agree_least():
    sums = [agreement(column_sums(k)).mean() for k in range(6)]
    assert sums[0] < min(sums[1:]) - 0.2


def rest(matrix):
    """Return a matrix without the row and the column of [CLS]."""
    return matrix[1:, 1:]


def test_without_cls_layers_1_to_5_keep_most_of_their_agreement_and_layer_0_none():
    def both(k):
        sums = {name: column_sums(k)(w) for name, w in WEIGHTS.items()}
        return [
            np.mean([row_correlations(part(sums[n]), part(EFFECTS[n])).mean() for n in NAMES])
            for part in (np.asarray, rest)
        ]

    whole, without = np.transpose([both(k) for k in range(6)])
    assert (without[1:] > 0.75 * whole[1:]).all()
    assert abs(without[0]) < 0.05


def test_on_most_sentences_cls_comes_first_on_both_sides():
    sums = [column_sums(k)(w)[0] for w in WEIGHTS.values() for k in range(6)]
    assert all(one.argmax() == 0 for one in sums)
    first = [(np.nanargmax(EFFECTS[n][1:], axis=1) == 0).mean() for n in NAMES]  # not of itself
    assert np.median(first) > 0.9
    assert (np.array(first) > 0.8).mean() > 0.8


def test_sep_gets_much_in_layer_0_and_hiding_it_matters_less_than_hiding_most_others():
    def place_of_sep(scores):
        return (scores[:-1] > scores[-1]).mean()

    for name, weights in WEIGHTS.items():
        assert place_of_sep(column_sums(0)(weights)[0]) < 0.4
        assert place_of_sep(np.nanmean(EFFECTS[name], axis=0)) > 0.5


def test_sep_is_one_reason_why_layer_0_is_the_odd_one_but_not_all_of_it():
    def without_sep(weights):
        kept = weights[0] * (np.arange(weights.shape[-1]) < weights.shape[-1] - 1)
        return np.concatenate([(kept / kept.sum(axis=-1, keepdims=True))[None], weights[1:]])

    with_it, without = (
        agreement(attention_flow),
        agreement(lambda w: attention_flow(without_sep(w))),
    )
    assert (without > with_it - 0.01).all()
    assert (without > with_it + 0.1).mean() > 0.8
    others = [agreement(column_sums(k)).mean() for k in range(1, 6)]
    assert without.mean() < min(others) - 0.1


def test_inside_one_matrix_the_two_ends_limit_most_flows():
    weights, _ = load_attention("it_tired")
    layer = weights[2].mean(axis=0)
    graph = nx.from_numpy_array(layer, create_using=nx.DiGraph, edge_attr="capacity")
    out, into = 1 - np.diag(layer), layer.sum(axis=0) - np.diag(layer)
    pairs = [(i, j) for i in graph for j in graph if i != j]
    flows = [nx.maximum_flow_value(graph, i, j) for i, j in pairs]
    assert np.isclose(flows, [min(out[i], into[j]) for i, j in pairs]).mean() > 0.5


def test_nx_cut_size_adds_both_directions_and_wants_both_sets():
    graph = nx.DiGraph()
    graph.add_edge(0, 1, capacity=3.0)
    graph.add_edge(1, 0, capacity=4.0)
    assert nx.cut_size(graph, {0}, {1}, weight="capacity") == 7.0
    assert list(nx.edge_boundary(graph, {0}, data="capacity")) == [(0, 1, 3.0)]
    with pytest.raises(TypeError):
        nx.cut_size(graph, {0}, weight="capacity")


def test_the_lower_bound_would_fail_if_a_flow_could_be_larger_than_one():
    """The proof uses that no flow below exceeds 1: the top edge has to carry its share."""
    layers = residual_layers(softmax(2 * np.random.default_rng(3).normal(size=(3, 4, 4))))
    below = attention_flow(layers[:-1], residual=0)
    assert below.max() <= 1
    assert (layers[-1] @ below <= attention_flow(layers, residual=0) + EDGE).all()


def test_the_graph_of_the_model_has_unit_capacity_out_of_each_node():
    graph = layered_graph(WEIGHTS["short"])
    for node in graph:
        if node[0]:
            out = sum(c for _, _, c in graph.out_edges(node, data="capacity"))
            assert np.isclose(out, 1)


def test_under_a_causal_mask_only_the_last_output_could_fill_all_that_the_bound_counts():
    layers = [residual_layers(causal(w)) for name, w in WEIGHTS.items() if name in SHORT]
    for name in available(model="smollm2"):
        weights = load_attention(name, model="smollm2")[0][..., :12, :12].astype(float)
        weights /= weights.sum(axis=-1, keepdims=True)
        layers += [residual_layers(weights[first : first + 6]) for first in (0, 6, 24)]
    beyond = 0
    for model in layers:
        found = saturated(model)
        assert not found[:-1, 1:].any()  # whichever six layers
        beyond += found[-1, 1:].sum()
    assert beyond > 0  # other layers than the first six fill some


@pytest.mark.parametrize("seed", range(5))
def test_edges_of_the_smallest_cut_are_full_and_others_may_have_room(seed):
    graph = layered_graph(softmax(2 * np.random.default_rng(seed).normal(size=(3, 2, 4, 4))))
    value, flow = nx.maximum_flow(graph, (3, 0), (0, 1))
    size, (side, _) = nx.minimum_cut(graph, (3, 0), (0, 1))
    assert value == pytest.approx(size)
    leaving = set(nx.edge_boundary(graph, side))
    room = {(u, v): graph.edges[u, v]["capacity"] - flow[u][v] for u, v in graph.edges}
    assert max(room[edge] for edge in leaving) < EDGE
    assert max(room.values()) > 0.01
