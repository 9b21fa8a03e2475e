"""Sparse attention along edges and in blocks, against PyTorch's dense attention.

Sizes are numbers of positions; one head of 64 features, a window of 65. The peer computes all
pairs, with a mask or without.
"""

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from benchmarks import Row
from benchmarks._measure import against, timed
from course_lib.nn.sparse import pattern_edges, sparse_attention, window_attention
from course_lib.sparsity import random_pattern, window_pattern

FEATURES, RADIUS = 64, 32
FORWARD = (1024, 4096, 8192, 16384)
BACKWARD = (1024, 4096, 8192)
MASKED, FULL = "PyTorch, masked", "PyTorch, all pairs"
TO_REACH = {
    ("in blocks, forward", 8192, MASKED): 15,
    ("in blocks, forward", 8192, FULL): 8,
    ("in blocks, forward and backward", 8192, MASKED): 5,
}
DENSITY_SIZE, DENSITIES = 4096, (0.01, 0.05, 0.1, 0.2, 0.4)


def rows(forward=FORWARD, backward=BACKWARD, density_size=DENSITY_SIZE):
    """Yield comparisons for windows of several lengths, and a sweep of densities."""
    for n in forward:
        yield from windows(n, "forward", run_forward)
    for n in backward:
        yield from windows(n, "forward and backward", run_backward)
    yield from densities(density_size)


def windows(n, passes, run):
    """Yield our two ways for one length, each against dense attention with and without a mask."""
    tensors = make_tensors(n)
    mask = torch.tensor(window_pattern(n, RADIUS))
    edges = pattern_edges(mask)
    ours = {
        "along edges": lambda q, k, v: sparse_attention(q, k, v, edges),
        "in blocks": lambda q, k, v: window_attention(q, k, v, RADIUS),
    }
    runs = [()] * (7 if n <= 4096 else 3)
    for way, attend in ours.items():
        aims = {peer: TO_REACH.get((f"{way}, {passes}", n, peer)) for peer in (MASKED, FULL)}
        work = f"window {way}, {passes}"
        yield against(
            work,
            f"n = {n}",
            lambda attend=attend: run(attend, tensors),
            MASKED,
            lambda: run(lambda q, k, v: dense(q, k, v, mask), tensors),
            runs,
            tolerance=1e-4,
            to_reach=aims[MASKED],
        )
        if passes == "forward":
            comparison = against(
                work,
                f"n = {n}",
                lambda attend=attend: run(attend, tensors),
                FULL,
                lambda: run(dense, tensors),
                runs,
                to_reach=aims[FULL],
            )
            yield comparison._replace(difference=None)  # it attends to more


def densities(n):
    """Yield how our time along edges compares with dense attention as the pattern fills up."""
    tensors, rng = make_tensors(n), np.random.default_rng(0)
    for density in DENSITIES:
        mask = torch.tensor(random_pattern(n, max(1, round(density * n)) - 1, rng))
        edges = pattern_edges(mask)
        ours = min(timed(sparse_attention, *tensors, edges)[0] for _ in range(3))
        theirs = min(timed(dense, *tensors, mask)[0] for _ in range(3))
        yield Row(
            f"attention along edges, n = {n}, density {density:.0%}",
            f"{1000 * ours:.1f} ms",
            f"{1000 * theirs:.1f} ms  {MASKED}",
            theirs / ours,
            "a ratio of 1 is where they cross",
        )


def dense(query, key, value, mask=None):
    """Return PyTorch's attention."""
    return scaled_dot_product_attention(query, key, value, attn_mask=mask)


def run_forward(attend, tensors):
    """Return the output as a NumPy array."""
    with torch.no_grad():
        return attend(*tensors).numpy()


def run_backward(attend, tensors):
    """Return the gradient of the query, the output's squares summed up."""
    inputs = [tensor.clone().requires_grad_() for tensor in tensors]
    attend(*inputs).square().sum().backward()
    return inputs[0].grad.numpy()


def make_tensors(n):
    """Return query, key and value of one head."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(3, 1, n, FEATURES, generator=generator).unbind(0)
