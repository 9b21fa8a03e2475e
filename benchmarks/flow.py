"""Attention flow against maximum flows found pair by pair, by NetworkX and by igraph."""

import numpy as np

from benchmarks import _peers
from benchmarks._measure import against, against_singly
from course_lib.attention import softmax
from course_lib.data import load_attention
from course_lib.flow import attention_flow, flow_from, max_flow
from course_lib.rollout import residual_layers

SIZES = [(6, 16), (6, 32), (12, 32), (12, 64)]
SPREAD = 1.5  # of the logits of random attention: between flat (1) and sharp (2)
PEERS = {"NetworkX": _peers.networkx_flow, "igraph": _peers.igraph_flow}
CAUSAL = "paragraph"  # 128 tokens
SAMPLES = {"NetworkX": 24, "igraph": 240}  # pairs of a matrix; all would take them up to an hour
# How many times as long a peer should take.
TO_REACH = {
    ("one pair", "(6, 32)", "NetworkX"): 30,
    ("whole matrix", "(12, 64)", "NetworkX"): 300,
    ("whole matrix", "(12, 64)", "igraph"): 5,
    ("whole matrix", "recorded (6, 32)", "NetworkX"): 500,
    ("one pair", "recorded (6, 32)", "igraph"): 1,
    ("one output", "recorded (6, 32)", "igraph"): 1,
    ("whole matrix", "recorded (6, 32)", "igraph"): 2,
}


def rows(sizes=SIZES, recorded="long", causal_text=CAUSAL):
    """Yield comparisons for random attention of several sizes (layers, n), and for recordings."""
    if not _peers.have_igraph():
        yield _peers.MISSING
        return
    models = {}
    for layers, n in sizes:
        logits = SPREAD * np.random.default_rng(0).normal(size=(layers, n, n))
        models[f"({layers}, {n})"] = softmax(logits)
    weights, tokens = load_attention(recorded)
    models[f"recorded ({len(weights)}, {len(tokens)})"] = weights
    for size, weights in models.items():
        for peer in PEERS:
            yield from comparisons(size, weights, peer)
    yield causal(causal_text)


def causal(name, layers=12):
    """Return the comparison of the whole matrix of a causal model: half of the pairs have a way."""
    weights = load_attention(name, model="smollm2")[0][:layers].mean(axis=1)
    capacities = residual_layers(weights)
    n = len(weights[0])
    solve, ways = _peers.igraph_flow(capacities), np.argwhere(np.tri(n, dtype=bool))
    some = np.random.default_rng(1).permutation(ways)[: SAMPLES["igraph"]]
    pairs = [tuple(pair) for pair in some.tolist()]

    def whole():
        return attention_flow(weights)

    size = f"recorded, causal ({layers}, {n})"
    rest = {"count": len(ways), "runs": 1}
    return against_singly("flow, whole matrix", size, whole, "igraph", solve, pairs, **rest)


def comparisons(size, weights, peer):
    """Yield the comparisons of one model with one peer: a pair, an output, the whole matrix."""
    layers = residual_layers(weights)
    n, solve, some = layers.shape[-1], PEERS[peer](layers), SAMPLES[peer]
    every = np.random.default_rng(1).permutation(np.argwhere(np.ones((n, n))))
    pairs = [tuple(pair) for pair in every[:some].tolist()]
    inputs = [(v,) for v in np.random.default_rng(2).permutation(n)[:some].tolist()]

    def reach(work):
        return {"to_reach": TO_REACH.get((work, size, peer))}

    def one_pair(output, input):
        return max_flow(weights, output, input)[0]

    def one_output():
        return flow_from(weights, n // 2)

    def to_input(input):
        return solve(n // 2, input)

    def whole():
        return attention_flow(weights)

    yield against("flow, one pair", size, one_pair, peer, solve, pairs[:24], **reach("one pair"))
    yield against_singly(
        "flow, one output", size, one_output, peer, to_input, inputs, n, **reach("one output")
    )
    yield against_singly(
        "flow, whole matrix", size, whole, peer, solve, pairs, n * n, **reach("whole matrix")
    )
