"""Static figures, each with its text alternative: a function returns a `Picture`.

``heatmaps.py`` shows weights as coloured cells, which ``cells.py`` draws, ``graphs.py`` as edges,
``curves.py`` numbers against numbers; ``orders.py`` sorts tokens for them, ``picture.py`` holds
what they share. Nothing touches pyplot's current figure or matplotlib's settings.
"""

from course_lib.plots.curves import lines
from course_lib.plots.graphs import draw_attention_graph
from course_lib.plots.heatmaps import attention_heatmap, difference_heatmap, heads_heatmaps
from course_lib.plots.orders import spectral_order
from course_lib.plots.picture import Picture

__all__ = [
    "Picture",
    "attention_heatmap",
    "difference_heatmap",
    "draw_attention_graph",
    "heads_heatmaps",
    "lines",
    "spectral_order",
]
