"""Time of a large static heatmap, drawn and written as PNG as a notebook shows it."""

import statistics

import numpy as np

from benchmarks import Row, milliseconds
from benchmarks._measure import timed
from course_lib.attention import causal_mask, softmax
from course_lib.plots import attention_heatmap

DRAWN = {  # what: positions, options
    "causal mask": (197, {"scale": "linear"}),
    "causal, log scale": (512, {"scale": "log"}),
}
TARGET = "to reach: 1 s"


def rows(drawn=DRAWN, runs=3):
    """Yield a row for each heatmap."""
    for what, (n, options) in drawn.items():
        mask = causal_mask(n)
        weights = softmax(np.where(mask, np.random.default_rng(0).normal(size=(n, n)), -np.inf))

        def draw(weights=weights, mask=mask, options=options):
            return attention_heatmap(weights, mask=mask, **options)._repr_html_()

        middle = statistics.median(timed(draw)[0] for _ in range(runs))
        yield Row(f"heatmap, {what}, n = {n}", milliseconds(middle), note=TARGET)
