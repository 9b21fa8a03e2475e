import base64
import io
import itertools
import re
import struct

import matplotlib
import networkx as nx
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib import font_manager, pyplot
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

from course_lib.data import load_attention
from course_lib.graph import attention_graph, attention_multigraph
from course_lib.plots import (
    Picture,
    attention_heatmap,
    difference_heatmap,
    draw_attention_graph,
    heads_heatmaps,
    lines,
    spectral_order,
)
from course_lib.plots.picture import OTHER_SCRIPTS, card, text_width
from tests.support.figures import contrast

SMALL = np.array([[0.2, 0.5, 0.3], [0.55, 0.05, 0.4], [0.25, 0.6, 0.15]])
TOKENS = ["the", "cat", "the"]
LABELS = {"xlabel": "x", "ylabel": "y", "title": "t", "alt": "It rises."}


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def arrows(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def ends(arrow):
    """Where an arrow that was drawn along a path begins and ends, in data coordinates."""
    vertices = arrow._path_original.vertices
    return vertices[0], vertices[-1]


def texts(figure):
    return {text.get_text(): text.get_position() for text in figure.axes[0].texts}


def all_pictures():
    graph = attention_graph(SMALL, TOKENS, threshold=0.1)
    return [
        attention_heatmap(SMALL, TOKENS, title="One"),
        heads_heatmaps([SMALL, SMALL[::-1]], TOKENS, title="Two"),
        difference_heatmap(SMALL, SMALL[::-1], TOKENS, title="Three"),
        draw_attention_graph(graph, title="Three"),
        draw_attention_graph(graph, layout="rows", title="Four"),
        lines([1, 2, 4], {"a": [1, 2, 3]}, **LABELS),
    ]


@pytest.mark.parametrize(
    "picture", all_pictures(), ids=["map", "heads", "difference", "circle", "rows", "lines"]
)
def test_a_picture_shows_itself_with_its_alternative(picture):
    figure, alt = picture
    data, _ = DisplayFormatter().format(picture)
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"] == alt
    assert re.search(r' alt="([^"]+)"', data["text/html"])[1].replace("&gt;", ">") == alt
    png = base64.b64decode(re.search(r'base64,([^"]+)"', data["text/html"])[1])
    width, _height = struct.unpack(">II", png[16:24])
    shown = int(re.search(r' width="(\d+)"', data["text/html"])[1])
    assert abs(width - 2 * shown) <= 2
    assert shown <= 860  # fits beside JupyterLab's prompt
    assert figure.get_facecolor() == (1, 1, 1, 1)


def test_the_alternative_is_escaped():
    html = attention_heatmap(SMALL, ['"', "<b>", "&"], title='a "b" <c>')._repr_html_()
    assert 'alt="a &quot;b&quot; &lt;c&gt;. Heatmap' in html


def test_nothing_global_changes():
    matplotlib.get_backend()  # reading the settings chooses one, if nobody has
    before, figures = matplotlib.rcParams.copy(), pyplot.get_fignums()
    for picture in all_pictures():
        picture._repr_html_()
    assert matplotlib.rcParams == before
    assert pyplot.get_fignums() == figures


def test_a_page_shows_the_pixels_that_a_saved_file_has():
    shown, saved = (attention_heatmap(SMALL, TOKENS, title="Small") for _ in range(2))
    file = io.BytesIO()
    with card():
        saved.figure.savefig(file, dpi=200)
    page = re.search('base64,([^"]+)', shown._repr_html_()).group(1)
    file.seek(0)
    pixels = [pyplot.imread(png)[..., :3] for png in (file, io.BytesIO(base64.b64decode(page)))]
    np.testing.assert_array_equal(*pixels)
    assert shown.figure.dpi == saved.figure.dpi


def test_a_readers_dark_style_does_not_reach_the_card():
    usual = attention_heatmap(SMALL, TOKENS)._repr_html_()
    with matplotlib.style.context("dark_background"):
        dark = attention_heatmap(SMALL, TOKENS)._repr_html_()
    assert dark == usual


def test_heatmap_shows_the_weights_as_they_are():
    figure, _ = attention_heatmap(SMALL, TOKENS, title="Small")
    axes, bar = figure.axes
    np.testing.assert_array_equal(axes.collections[0].get_array(), SMALL)
    assert axes.collections[0].get_clim() == (0, 1)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("key (attended to)", "query (attends)")
    assert axes.get_title() == "Small"
    assert axes.get_ylim() == (3, 0)  # query 0 is the top row
    assert tick_texts(axes.xaxis) == tick_texts(axes.yaxis) == TOKENS
    assert bar.get_ylabel() == "weight"
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells[(1.5, 0.5)] == "0.50"  # x is the key, y the query
    assert cells[(0.5, 1.5)] == "0.55"


def test_heatmap_alternative_tells_the_strongest_pairs():
    assert attention_heatmap(SMALL, TOKENS, title="Small.").alt == (
        "Small. Heatmap of attention weights, 3 queries by 3 keys, colours from 0 to 1. "
        "Strongest: the [2] to cat 0.60, cat to the [0] 0.55, the [0] to cat 0.50."
    )


@pytest.mark.parametrize(
    ("n", "annotate", "count"), [(10, "auto", 100), (11, "auto", 0), (11, True, 121), (3, False, 0)]
)
def test_cells_are_annotated_only_where_they_can_be_read(n, annotate, count):
    figure, _ = attention_heatmap(np.eye(n), annotate=annotate)
    assert len(figure.axes[0].texts) == count


def test_the_scale_is_shared_unless_asked_otherwise():
    uniform = np.full((4, 4), 0.25)
    assert attention_heatmap(uniform).figure.axes[0].collections[0].get_clim() == (0, 1)
    figure, alt = attention_heatmap(uniform, vmax="data")
    assert figure.axes[0].collections[0].get_clim() == (0, 0.25)
    assert "colours from 0 to 0.25" in alt


def cells_of(figure):
    """The mesh of a heatmap: its numbers as drawn, and its map from numbers to colours."""
    return figure.axes[0].collections[0]


def hatched(figure, axes=0):
    """The cells, (query, key), whose middle lies in a hatched patch."""
    axes = figure.axes[axes]
    cells = list(np.ndindex(axes.collections[0].get_array().shape))
    middles = [(key + 0.5, query + 0.5) for query, key in cells]
    patches = [patch for patch in axes.patches if patch.get_hatch()]
    inside = [patch.get_path().contains_points(middles) for patch in patches]
    return {cell for cell, within in zip(cells, np.any(inside, axis=0), strict=True) if within}


def test_a_log_scale_tells_small_weights_apart_and_hatches_zero():
    weights = [[0.999, 0.001, 0.0], [0.989, 0.01, 0.001], [0.8999, 0.1, 0.0001]]
    drawn = [cells_of(attention_heatmap(weights, scale=s).figure) for s in ("linear", "log")]
    differ = [np.abs(np.subtract(c.cmap(c.norm(0.01)), c.cmap(c.norm(0.001)))).max() for c in drawn]
    assert differ[0] < 0.02 < 0.1 < differ[1]
    figure, alt = attention_heatmap(weights, scale="log")
    assert hatched(figure) == {(0, 2)}
    assert cells_of(figure).get_array().mask.sum() == 1
    assert "colours on a log scale from 0.0001 to 1" in alt
    assert "1 cells are hatched; they hold 0% of the attention" in alt
    plain = attention_heatmap(weights).figure.axes[0]
    assert not [patch for patch in plain.patches if patch.get_hatch()]


def test_masked_cells_have_no_colour_and_are_counted():
    mask = np.array([[True, False, True], [True, True, True], [False, True, True]])
    figure, alt = attention_heatmap(SMALL, mask=mask)
    assert hatched(figure) == {(0, 1), (2, 0)}
    np.testing.assert_array_equal(cells_of(figure).get_array().mask, ~mask)
    assert len(figure.axes[0].texts) == 7  # what is hidden is not annotated either
    assert "2 cells are hatched; they hold 25% of the attention" in alt
    assert "Strongest: 2 to 1 0.60, 1 to 0 0.55, 1 to 2 0.40" in alt


def test_numbers_stand_out_from_their_cells_whatever_the_colour():
    def css(colour):
        return f"rgb({', '.join(f'{255 * part:.3f}' for part in to_rgb(colour))})"

    weights = np.linspace(0, 1, 49).reshape(7, 7)
    weights /= weights.sum(axis=1, keepdims=True)
    for picture in (
        attention_heatmap(weights, vmax="data"),
        attention_heatmap(weights, vmax="data", mask=np.eye(7) == 0),
        difference_heatmap(weights, np.eye(7)),
    ):
        axes, cells = picture.figure.axes[0], cells_of(picture.figure)
        shown = cells.get_array()
        assert len(axes.texts) == shown.count() > 40
        for text in axes.texts:
            key, query = (int(place) for place in text.get_position())
            ground = cells.cmap(cells.norm(shown[query, key]))
            assert contrast(css(text.get_color()), css(ground)) > 4.5


def test_an_order_moves_rows_columns_names_and_masks_together():
    mask = np.ones((3, 3), bool)
    mask[0, 1] = False
    figure, alt = attention_heatmap(SMALL, list("abc"), order=[2, 0, 1], mask=mask)
    expected = SMALL[np.ix_([2, 0, 1], [2, 0, 1])]
    np.testing.assert_array_equal(cells_of(figure).get_array().data, expected)
    assert tick_texts(figure.axes[0].xaxis) == tick_texts(figure.axes[0].yaxis) == list("cab")
    assert hatched(figure) == {(1, 2)}
    assert "Strongest: c to b 0.60, b to a 0.55" in alt


def test_differences_are_centred_at_zero_whatever_they_are():
    figure, alt = difference_heatmap(SMALL, SMALL[::-1], list("abc"), vmax="data")
    drawn = cells_of(figure)
    np.testing.assert_allclose(drawn.get_array(), SMALL - SMALL[::-1])
    low, high = drawn.get_clim()
    assert low == -high == -0.15
    np.testing.assert_allclose(drawn.cmap(drawn.norm(0.0))[:3], 0.97, atol=0.02)
    for same in (difference_heatmap(SMALL, SMALL), difference_heatmap(SMALL, SMALL, vmax="data")):
        assert cells_of(same.figure).get_clim() == (-1, 1)
    assert alt.endswith("Largest: a to c +0.15, c to itself -0.15, a to b -0.10.")
    assert figure.axes[1].get_ylabel() == "difference"
    turned = difference_heatmap(SMALL, SMALL[::-1], order=[1, 2, 0]).figure
    np.testing.assert_allclose(cells_of(turned).get_array()[1, 1], -0.15)


def test_heads_may_share_a_log_scale():
    figure, alt = heads_heatmaps([SMALL, np.eye(3)], scale="log")
    assert "colours on a log scale from 0.0001 to 1" in alt
    assert hatched(figure, axes=1) == {(i, j) for i in range(3) for j in range(3) if i != j}


def test_a_spectral_order_finds_hidden_blocks():
    rng = np.random.default_rng(0)
    blocks = np.kron(np.eye(3), np.ones((4, 4))) + 0.05 * rng.random((12, 12))
    hidden = rng.permutation(12)
    weights = (blocks / blocks.sum(axis=1, keepdims=True))[np.ix_(hidden, hidden)]
    order = spectral_order(weights)
    found = hidden[order] // 4  # the block of each token, in the new order
    assert np.count_nonzero(np.diff(found)) == 2
    assert np.flatnonzero(order == 0)[0] < 6


def test_a_spectral_order_of_parts_and_of_equal_tokens():
    parts = np.kron(np.eye(2), [[0.5, 0.5], [0.25, 0.75]])[np.ix_([0, 2, 1, 3], [0, 2, 1, 3])]
    assert spectral_order(parts).tolist() == [0, 2, 1, 3]
    assert spectral_order(np.eye(3)).tolist() == [0, 1, 2]
    assert spectral_order([[1.0]]).tolist() == [0]
    chain = np.zeros((5, 5))
    path = [3, 0, 4, 1, 2]
    for a, b in itertools.pairwise(path):
        chain[a, b] = chain[b, a] = 1
    assert spectral_order(chain / chain.sum(axis=1, keepdims=True)).tolist() == path


def test_keys_may_be_other_tokens_than_queries():
    weights = [[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1]]
    figure, alt = attention_heatmap(weights, ["a", "b"], key_tokens=list("wxyz"))
    assert tick_texts(figure.axes[0].xaxis) == list("wxyz")
    assert tick_texts(figure.axes[0].yaxis) == ["a", "b"]
    assert "2 queries by 4 keys" in alt
    assert "Strongest: b to w 0.70, a to z 0.40" in alt
    assert tick_texts(attention_heatmap(weights).figure.axes[0].xaxis) == list("0123")


@pytest.mark.parametrize("name", ["it_tired", "repeated_words", "long"])
def test_labels_of_real_sentences_do_not_overlap(name):
    weights, tokens = load_attention(name)
    graph = attention_graph(weights[3, 1], tokens, threshold=0.1)
    pictures = [attention_heatmap(weights[3, 1], tokens), heads_heatmaps(weights[3], tokens)]
    pictures += [draw_attention_graph(graph, layout=layout) for layout in ("circle", "rows")]
    compared = 0
    for figure, _ in pictures:
        figure.draw_without_rendering()
        axes = figure.axes[0]
        for labels in (axes.get_xticklabels(), axes.get_yticklabels(), axes.texts):
            corners = [label for label in labels if label.get_rotation() in (0, 90)]
            boxes = [label.get_window_extent() for label in corners]
            assert all(label.get_fontsize() >= 6 for label in labels)
            compared += len(boxes) - 1
            for first, second in itertools.pairwise(boxes):
                assert first.width == 0 or not first.padded(-1).overlaps(second.padded(-1))
    assert compared > len(tokens)


def test_labels_stay_inside_the_figure():
    weights, _ = load_attention("long")
    graph = attention_graph(weights[3, 1], ["extraordinary"] * 32)
    for layout in ("circle", "rows"):
        figure, _ = draw_attention_graph(graph, layout=layout)
        figure.draw_without_rendering()
        texts = figure.axes[0].texts
        assert len(texts) >= 32
        for text in texts:
            box = text.get_window_extent()
            assert figure.bbox.padded(1).contains(box.x0, box.y0)
            assert figure.bbox.padded(1).contains(box.x1, box.y1)


def test_a_dollar_sign_is_a_token_like_any_other():
    tokens = ["$", "x_1$", "$y^2$"]
    graph = attention_graph(SMALL, tokens)
    figures = [attention_heatmap(SMALL, tokens).figure, draw_attention_graph(graph).figure]
    assert tick_texts(figures[0].axes[0].xaxis) == tokens
    labels = [*figures[0].axes[0].get_xticklabels(), *figures[1].axes[0].texts]
    assert not any(label.get_parse_math() for label in labels)


def test_heads_share_one_scale_and_one_colour_bar():
    weights, tokens = load_attention("short")
    figure, alt = heads_heatmaps(weights[2, :5], tokens, title="Layer 2", ncols=3)
    heads, bar = figure.axes[:5], figure.axes[-1]
    assert len(figure.axes) == 7  # a grid of 2 by 3, and the bar
    assert not figure.axes[5].axison
    for head, axes in enumerate(heads):
        assert axes.get_title() == f"head {head}"
        np.testing.assert_array_equal(axes.collections[0].get_array(), weights[2, head])
        assert axes.collections[0].get_clim() == (0, 1)
    assert bar.get_ylim() == (0, 1)
    assert [bool(tick_texts(axes.yaxis)) for axes in heads] == [True, False, False, True, False]
    assert [bool(tick_texts(axes.xaxis)) for axes in heads] == [False, False, True, True, True]
    assert figure.get_supxlabel() == "key (attended to)"
    assert figure.get_supylabel() == "query (attends)"
    assert figure.get_suptitle() == "Layer 2"
    assert alt.startswith(
        "Layer 2. 5 heatmaps of attention weights, one a head, 5 queries by 5 keys"
    )
    assert alt.count("head ") == 5


def test_heads_with_vmax_data_take_the_largest_of_all():
    figure, _ = heads_heatmaps([np.full((2, 2), 0.5), [[0.2, 0.8], [0.7, 0.3]]], vmax="data")
    assert [axes.collections[0].get_clim() for axes in figure.axes[:2]] == [(0, 0.8)] * 2


def test_every_edge_is_drawn_by_its_weight():
    graph = attention_graph(SMALL, TOKENS)
    figure, _ = draw_attention_graph(graph)
    drawn = arrows(figure)
    assert len(drawn) == graph.number_of_edges() == 9
    widths = [arrow.get_linewidth() for arrow in drawn]
    opacities = [arrow.get_alpha() for arrow in drawn]
    assert widths == sorted(widths)  # the strongest lies on top
    assert opacities == sorted(opacities)
    np.testing.assert_allclose(widths, 0.72 * (0.6 + 4.4 * np.sort(SMALL, axis=None)))


def test_circle_begins_at_the_top_and_runs_clockwise():
    weights = np.full((4, 4), 0.25)
    figure, _ = draw_attention_graph(attention_graph(weights))
    nodes = figure.axes[0].lines[0].get_xydata()
    np.testing.assert_allclose(nodes, [[0, 1], [1, 0], [0, -1], [-1, 0]], atol=1e-12)
    assert list(texts(figure)) == ["0", "1", "2", "3"]
    assert figure.axes[0].get_aspect() == 1


@pytest.mark.parametrize(("direction", "start", "end"), [("attends", 0, 1), ("flow", 1, 0)])
def test_an_arrow_runs_the_way_its_edge_does(direction, start, end):
    weights = [[0.3, 0.7, 0], [0, 1, 0], [0, 0, 1]]  # 0 attends to 1, and 1 does not to 0
    figure, alt = draw_attention_graph(attention_graph(weights, direction=direction))
    nodes = figure.axes[0].lines[0].get_xydata()
    between = [a for a in arrows(figure) if np.linalg.norm(ends(a)[0] - ends(a)[1]) > 0.5]
    assert len(between) == 1
    tail, tip = ends(between[0])
    assert np.linalg.norm(nodes - tail, axis=1).argmin() == start
    assert np.linalg.norm(nodes - tip, axis=1).argmin() == end
    assert f"{start} → {end} 0.70" in alt
    meaning = {"attends": "i attends to j", "flow": "information flows from j to i"}[direction]
    assert meaning in alt
    assert meaning in figure.axes[0].get_legend().get_title().get_text()


def test_both_directions_of_a_pair_lie_apart_and_loops_stand_outside():
    figure, _ = draw_attention_graph(attention_graph([[0.1, 0.9], [0.8, 0.2]]))
    loops, between = [], []
    for arrow in arrows(figure):
        tail, tip = ends(arrow)
        (loops if np.linalg.norm(tail - tip) < 0.5 else between).append(arrow)
    middles = [arrow._path_original.vertices[1][0] for arrow in between]
    assert len(middles) == 2
    assert middles[0] * middles[1] < 0  # one bowed to the left, the other to the right
    assert len(loops) == 2
    assert all(abs(loop._path_original.vertices[1][1]) > 1.2 for loop in loops)


@pytest.mark.parametrize("direction", ["attends", "flow"])
def test_rows_put_queries_above_keys_whatever_the_direction(direction):
    figure, _ = draw_attention_graph(
        attention_graph(SMALL, TOKENS, direction=direction, threshold=0.58), layout="rows"
    )
    queries, keys = (line.get_xydata() for line in figure.axes[0].lines)
    assert queries[:, 1].min() > keys[:, 1].max()
    (arrow,) = arrows(figure)  # only the weight of query 2 on key 1
    tail, tip = ends(arrow) if direction == "attends" else ends(arrow)[::-1]
    assert tail[1] > 0 > tip[1]
    assert np.linalg.norm(queries - tail, axis=1).argmin() == 2
    assert np.linalg.norm(keys - tip, axis=1).argmin() == 1
    assert texts(figure)["queries (attend)"][1] > texts(figure)["keys (attended to)"][1]


def test_repeated_tokens_are_told_apart():
    figure, alt = draw_attention_graph(attention_graph(SMALL, TOKENS, threshold=0.1), title="Cats")
    assert list(texts(figure)) == ["the [0]", "cat", "the [2]"]
    assert alt == (
        "Cats. Directed graph, nodes: 3, edges: 8; edge i → j: i attends to j; only weights above "
        "0.1. Strongest edges: the [2] → cat 0.60, cat → the [0] 0.55, the [0] → cat 0.50, "
        "cat → the [2] 0.40, the [0] → the [2] 0.30."
    )


@pytest.mark.parametrize("layout", ["circle", "rows"])
def test_graphs_at_the_edge_are_drawn(layout):
    empty = attention_graph(np.full((3, 3), 1 / 3), threshold=0.9)
    figure, alt = draw_attention_graph(empty, layout=layout)
    assert arrows(figure) == []
    assert "edges: 0" in alt
    assert "Strongest" not in alt
    figure, alt = draw_attention_graph(attention_graph([[1.0]]), layout=layout)
    assert len(arrows(figure)) == 1
    assert "0 → 0 1.00" in alt


def test_lines_differ_by_more_than_colour():
    x = [2, 8, 32]
    series = {f"s{k}": [k, k + 1, k] for k in range(6)}
    figure, alt = lines(x, series, xscale="log", **LABELS)
    axes = figure.axes[0]
    drawn = axes.lines
    assert alt == "It rises."
    assert (
        len({line.get_marker() for line in drawn}) == len({line.get_color() for line in drawn}) == 6
    )
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(series)
    for line, values in zip(drawn, series.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([x, values]))
    assert axes.get_xscale() == "log"
    assert tick_texts(axes.xaxis) == ["2", "8", "32"]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("x", "y", "t")


def test_a_line_of_many_points_has_markers_at_some():
    x = np.linspace(-4, 4, 81)
    for count in (2, 81):
        (line,) = lines(x[:count], {"a": x[:count]}, **LABELS).figure.axes[0].lines
        marked = line.get_xdata()[:: line.get_markevery()]
        assert len(line.get_xdata()) == count
        assert len(marked) == count if count == 2 else 10 <= len(marked) <= 20


BAD = [
    (attention_heatmap, ([[0.5, 0.6]],), {}, ValueError, "weights must have rows that sum to 1"),
    (attention_heatmap, ([0.5, 0.5],), {}, ValueError, "weights must have 2 axes"),
    (attention_heatmap, (SMALL, ["a"]), {}, ValueError, "tokens must have one entry a position"),
    (attention_heatmap, (SMALL, "abc"), {}, TypeError, "tokens must be a sequence"),
    (attention_heatmap, (SMALL,), {"key_tokens": ["a"]}, ValueError, "key_tokens must have one"),
    (attention_heatmap, (SMALL,), {"vmax": 0}, ValueError, "vmax must be above 0"),
    (attention_heatmap, (SMALL,), {"vmax": 2}, ValueError, "vmax must be between 0 and 1"),
    (attention_heatmap, (SMALL,), {"vmax": "max"}, ValueError, "vmax must be one of 'data'"),
    (attention_heatmap, (SMALL,), {"annotate": "yes"}, ValueError, "annotate must be one of"),
    (attention_heatmap, (SMALL,), {"scale": "ln"}, ValueError, "scale must be one of"),
    (attention_heatmap, (SMALL,), {"scale": "log", "vmax": 1e-5}, ValueError, "vmax must be above"),
    (attention_heatmap, (SMALL,), {"mask": SMALL}, TypeError, "mask must be boolean"),
    (attention_heatmap, (SMALL,), {"mask": [[True]]}, ValueError, "mask must have shape"),
    (attention_heatmap, (SMALL,), {"mask": SMALL > 2}, ValueError, "mask must leave a cell"),
    (attention_heatmap, (SMALL,), {"order": [0, 1, 1]}, ValueError, "order must hold every pos"),
    (attention_heatmap, (SMALL,), {"order": [0, 1]}, ValueError, "order must have shape"),
    (attention_heatmap, (SMALL[:2],), {"order": [0, 1]}, ValueError, "order needs keys"),
    (difference_heatmap, (SMALL, SMALL[:2]), {}, ValueError, "second must have shape"),
    (difference_heatmap, (SMALL, 2 * SMALL), {}, ValueError, "second must have rows"),
    (difference_heatmap, (2 * SMALL, SMALL), {}, ValueError, "first must have rows"),
    (difference_heatmap, (SMALL, SMALL), {"vmax": -1}, ValueError, "vmax must be between"),
    (difference_heatmap, (SMALL[:2],) * 2, {"order": [0, 1]}, ValueError, "first must have shape"),
    (difference_heatmap, (SMALL, SMALL), {"order": [0, 0, 1]}, ValueError, "order must hold"),
    (spectral_order, (SMALL[:2],), {}, ValueError, "weights must be square"),
    (spectral_order, (-SMALL,), {}, ValueError, "weights must not be negative"),
    (heads_heatmaps, (SMALL,), {}, ValueError, "weights must have 3 axes"),
    (heads_heatmaps, ([SMALL],), {"scale": "ln"}, ValueError, "scale must be one of"),
    (heads_heatmaps, ([SMALL],), {"ncols": 0}, ValueError, "ncols must be between 1 and 6"),
    (heads_heatmaps, ([SMALL],), {"ncols": 1.5}, TypeError, "ncols must be an integer"),
    (draw_attention_graph, (SMALL,), {}, TypeError, "graph must be a networkx.DiGraph"),
    (draw_attention_graph, (attention_multigraph([SMALL]),), {}, TypeError, "graph must be"),
    (draw_attention_graph, (nx.DiGraph([("a", "b")]),), {}, ValueError, "graph must have the pos"),
    (
        draw_attention_graph,
        (attention_graph(SMALL),),
        {"layout": "x"},
        ValueError,
        "layout must be",
    ),
    (lines, ([1, 2], {"a": [1]}), LABELS, ValueError, r"series\['a'\] must have shape"),
    (lines, ([1, 2], {"a": [1, np.nan]}), LABELS, ValueError, r"series\['a'\] must be finite"),
    (lines, ([1, 2], {}), LABELS, ValueError, "series must have from 1 to 6 entries, got 0"),
    (lines, ([1, 2], [1, 2]), LABELS, TypeError, "series must map names to values"),
    (lines, ([[1, 2]], {"a": [1]}), LABELS, ValueError, "x must have 1 axes"),
    (lines, ([0, 2], {"a": [1, 2]}), {**LABELS, "xscale": "log"}, ValueError, "x must be positive"),
    (lines, ([1, 2], {"a": [1, 2]}), {**LABELS, "xscale": "x"}, ValueError, "xscale must be one"),
    (lines, ([1, 2], {"a": [1, 2]}), {**LABELS, "yscale": "x"}, ValueError, "yscale must be one"),
    (lines, ([1, 2], {"a": [1, 0]}), {**LABELS, "yscale": "log"}, ValueError, "series must be pos"),
    (lines, ([1, 2], {"a": [1, 2]}), {**LABELS, "alt": " "}, ValueError, "alt must say"),
]


@pytest.mark.parametrize(("draw", "arguments", "options", "error", "message"), BAD)
def test_bad_input_is_named(draw, arguments, options, error, message):
    with pytest.raises(error, match=message):
        draw(*arguments, **options)


def test_other_number_types_and_lists_are_drawn():
    for weights in (SMALL.astype(np.float16), SMALL.tolist(), np.eye(3, dtype=int)):
        picture = attention_heatmap(weights)
        assert isinstance(picture, Picture)
        np.testing.assert_allclose(
            picture.figure.axes[0].collections[0].get_array(), weights, atol=1e-3
        )


def test_the_readers_font_stays_and_other_scripts_follow_where_they_are_installed(monkeypatch):
    entries = [
        font_manager.FontEntry(fname=font_manager.findfont("DejaVu Sans"), name=name)
        for name in ("Noto Sans CJK SC", "Mangal", "Something else")
    ]
    monkeypatch.setattr(
        font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist, *entries]
    )
    with matplotlib.rc_context({"font.family": "serif", "font.serif": ["DejaVu Serif"]}):
        figure, _ = attention_heatmap([[0.9, 0.1], [0.4, 0.6]], ["猫", "坐"])
        families = figure.axes[0].get_xticklabels()[0].get_fontfamily()
        assert families[0] == "serif"
        assert [name for name in families if name in OTHER_SCRIPTS][-2:] == [
            "Noto Sans CJK SC",
            "Mangal",
        ]
        with card():
            assert matplotlib.rcParams["font.serif"] == ["DejaVu Serif"]
            assert "Something else" not in matplotlib.rcParams["font.family"]


def test_wide_characters_take_more_room():
    assert text_width(["猫猫"], 10) == pytest.approx(20)
    assert text_width(["ab"], 10) == pytest.approx(12)


def test_dollar_signs_in_titles_and_names_are_no_mathematics():
    weights, title = [[0.9, 0.1], [0.4, 0.6]], "from $5 to $9"
    graph = attention_graph(weights, ["$a$", "$b$"])
    figures = [
        attention_heatmap(weights, title=title),
        difference_heatmap(weights, np.eye(2), title=title),
        heads_heatmaps([weights], title=title),
        draw_attention_graph(graph, title=title),
        lines([1, 2], {title: [1, 2]}, xlabel="x", ylabel="y", title=title, alt="a line"),
    ]
    for number, (figure, _) in enumerate(figures):
        written = [text for text in figure.findobj(Text) if text.get_text() == title]
        assert written, number
        assert not any(text.get_parse_math() for text in written), number
    assert len(written) == 2  # the title and the legend's entry


@pytest.mark.parametrize("direction", ["attends", "flow"])
def test_cross_attention_is_drawn_in_two_rows_of_their_own(direction):
    weights = [[0.7, 0.2, 0.1], [0.0, 0.4, 0.6]]
    words, others = ["die", "Katze"], ["the", "cat", "the"]
    graph = attention_graph(weights, words, key_tokens=others, direction=direction)
    figure, alt = draw_attention_graph(graph, layout="rows")
    assert len(arrows(figure)) == 5
    # The strongest is drawn last: from the first query, above, to the first key, below.
    first, last = ends(arrows(figure)[-1])
    above, below = (first, last) if direction == "attends" else (last, first)
    assert above[1] > 0 > below[1]
    assert above[0] == below[0] == pytest.approx(-1)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert [word for word in written if word in words] == words
    assert [word for word in written if word in others] == others
    strongest = "die → the [0] 0.70" if direction == "attends" else "the [0] → die 0.70"
    assert "nodes: 5, edges: 5" in alt
    assert strongest in alt
    with pytest.raises(ValueError, match="layout must be 'rows' for cross-attention"):
        draw_attention_graph(graph)
