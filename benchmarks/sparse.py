"""Sparse attention along edges and in blocks, against PyTorch's dense attention.

Sizes are numbers of positions; one head of 64 features, a window of 65. The peer computes all
pairs, with a mask or without.
"""

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from benchmarks._measure import against
from benchmarks._memory import against_memory
from course_lib.nn.sparse import pattern_edges, sparse_attention, window_attention
from course_lib.patterns import random_pattern, window_pattern

FEATURES, RADIUS = 64, 32
FORWARD = (1024, 4096, 8192, 16384)
BACKWARD = (1024, 4096, 8192)
MEMORY = (4096, 8192, 16384)
EDGES, BLOCKS = "along edges", "in blocks"
MASKED, FULL = "PyTorch, masked", "PyTorch, all pairs"
TO_REACH = {
    (BLOCKS, "forward", 8192, MASKED): 15,
    (BLOCKS, "forward", 8192, FULL): 8,
    (BLOCKS, "forward and backward", 8192, MASKED): 5,
}
DENSITY_SIZE, DENSITIES = 4096, (0.01, 0.05, 0.1, 0.2, 0.4)


def rows(forward=FORWARD, backward=BACKWARD, memory=MEMORY, density_size=DENSITY_SIZE):
    """Yield comparisons for windows of several lengths, and a sweep of densities."""
    for n in forward:
        for way in (EDGES, BLOCKS):
            yield from windows(way, n, "forward", (MASKED, FULL))
    for n in backward:
        for way in (EDGES, BLOCKS):
            yield from windows(way, n, "forward and backward", (MASKED,))
    for n in memory:
        for way in (EDGES, BLOCKS):
            yield against_memory(
                f"window {way}, forward and backward, memory",
                f"n = {n}",
                (way, n, "forward and backward"),
                MASKED,
                (MASKED, n, "forward and backward"),
                window_work,
            )
    yield from densities(density_size)


def windows(way, n, passes, peers):
    """Yield one of our ways for one length against dense attention."""
    runs = [()] * (7 if n <= 4096 else 3)
    ours = window_work(way, n, passes)
    for peer in peers:
        theirs, aim = window_work(peer, n, passes), TO_REACH.get((way, passes, n, peer))
        yield against_dense(f"window {way}, {passes}", n, ours, peer, theirs, runs, to_reach=aim)


def against_dense(name, n, ours, peer, theirs, runs, **rest):
    """Compare with one of the peers; with all pairs, not the results: they are another graph's."""
    comparison = against(name, f"n = {n}", ours, peer, theirs, runs, tolerance=1e-4, **rest)
    return comparison if peer == MASKED else comparison._replace(difference=None)


def window_work(way, n, passes):
    """Return attention in a window as a function that needs no arguments, all made ready."""
    if way == BLOCKS:
        return work(lambda q, k, v: window_attention(q, k, v, RADIUS), n, passes)
    return pattern_work(way, torch.tensor(window_pattern(n, RADIUS)), passes)


def densities(n):
    """Yield how our time along edges compares with dense attention as the pattern fills up."""
    rng = np.random.default_rng(0)
    for density in DENSITIES:
        pattern = torch.tensor(random_pattern(n, max(1, round(density * n)) - 1, rng))
        ours = pattern_work(EDGES, pattern, "forward")
        for peer in (MASKED, FULL):
            theirs = pattern_work(peer, pattern, "forward")
            name = f"{density:.0%} of the edges, forward"
            yield against_dense(name, n, ours, peer, theirs, [()] * 5)


def pattern_work(way, pattern, passes):
    """Return attention in a pattern as a function that needs no arguments, all made ready."""
    if way == EDGES:
        edges = pattern_edges(pattern)
        return work(lambda q, k, v: sparse_attention(q, k, v, edges), len(pattern), passes)
    mask = pattern if way == MASKED else None
    return work(
        lambda q, k, v: scaled_dot_product_attention(q, k, v, attn_mask=mask), len(pattern), passes
    )


def work(attend, n, passes):
    """Return what is to be measured of an attention function, as a function."""
    tensors, run = make_tensors(n), PASSES[passes]
    return lambda: run(attend, tensors)


def run_forward(attend, tensors):
    """Return the output as a NumPy array."""
    with torch.no_grad():
        return attend(*tensors).numpy()


def run_backward(attend, tensors):
    """Return the three gradients, beside one another, of the output's squares summed up."""
    inputs = [tensor.clone().requires_grad_() for tensor in tensors]
    attend(*inputs).square().sum().backward()
    return torch.cat([x.grad for x in inputs], dim=-1).numpy()


PASSES = {"forward": run_forward, "forward and backward": run_backward}


def make_tensors(n):
    """Return query, key and value of one head."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(3, 1, n, FEATURES, generator=generator).unbind(0)
