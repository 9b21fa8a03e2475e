"""What a reader sees of a drawing, and that a check leaves the notebook's figures as they were."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn

from course_lib.exercises.drawing import Draw, described
from course_lib.exercises.drawing_reader import read_matrices
from course_lib.exercises.drawing_texts import first_word, names_at, number_in, numbers_at
from course_lib.exercises.empty_figures import own_figure
from course_lib.exercises.exercise import Wrong

WEIGHTS = np.array([[0.0, 0.7, 0.3], [0.9, 0.1, 0.0], [0.2, 0.2, 0.6]])


def seen(draw_on, shape=WEIGHTS.shape):
    with own_figure() as (figure, axes):
        draw_on(axes[0])
        return described(figure, axes, shape)[0]


def read(draw_on, right=WEIGHTS):
    return read_matrices([seen(draw_on)], [right], ["The heatmap"])[0]


def show(axes, weights=WEIGHTS, **options):
    axes.imshow(weights, **{"vmin": 0, "vmax": 1, **options})


def test_a_drawing_is_described_as_it_is_seen():
    def draw_on(axes):
        show(axes, cmap="Greys")
        axes.set_xticks([0, 1, 2], ["a", "b", "c"])
        axes.set(xlabel="key", yticks=[])
        axes.text(2, 1, "0.00", ha="center")
        axes.text(0.5, 1.1, "a caption", transform=axes.transAxes)

    drawing = seen(draw_on)
    assert drawing["shape"] == (3, 3)
    assert np.allclose(drawing["colours"], 1 - WEIGHTS[..., None], atol=0.15)
    assert np.allclose(drawing["even"], 1)
    assert names_at(drawing["columns"], 3) == ["a", "b", "c"]
    assert names_at(drawing["rows"], 3) == [None] * 3
    assert (drawing["xlabel"], drawing["ylabel"]) == ("key", "")
    assert numbers_at(drawing["texts"]) == {(1, 2): "0.00"}


@pytest.mark.parametrize(
    "draw_on",
    [
        lambda axes: show(axes, extent=(0, 1, 1, 0)),
        lambda axes: axes.pcolormesh(WEIGHTS[::-1], vmin=0, vmax=1),
        lambda axes: axes.pcolor(WEIGHTS[::-1], vmin=0, vmax=1, cmap="hot"),
        lambda axes: seaborn.heatmap(WEIGHTS, ax=axes, vmin=0, vmax=1, linewidths=2),
        lambda axes: (show(axes, WEIGHTS.T), show(axes)),
        lambda axes: (show(axes), axes.grid(visible=True, color="red")),
        lambda axes: axes.figure.colorbar(axes.imshow(WEIGHTS, vmin=0, vmax=1)),
        lambda axes: (axes.set_facecolor("black"), show(axes, alpha=0.5)),
        lambda axes: axes.imshow(plt.get_cmap("cividis")(WEIGHTS)),
    ],
)
def test_weights_are_read_from_colours_however_they_came_there(draw_on):
    scale = read(draw_on)
    assert np.allclose(scale["weights"][[0, -1]], (0, 1))


@pytest.mark.parametrize(
    ("draw_on", "told"),
    [
        (lambda axes: None, "nothing was drawn"),
        (lambda axes: (show(axes), axes.clear()), "nothing was drawn"),
        (lambda axes: (show(axes), axes.remove()), "nothing was drawn"),
        (lambda axes: axes.pcolormesh(np.zeros(4), range(4), WEIGHTS), "nothing was drawn"),
        (lambda axes: (show(axes), show(axes, 1 - WEIGHTS)), "one reads"),
        (lambda axes: (show(axes), axes.fill([-1, 1, 1], [-1, -1, 1], "w")), "no colour of the"),
        (lambda axes: (show(axes), axes.set_xlim(0.5, 2.5)), "no colour of the scale"),
        (lambda axes: show(axes, np.ma.masked_less(WEIGHTS, 0.5)), "no colour of the scale"),
        (lambda axes: show(axes, interpolation="bilinear"), "no colour of the scale"),
        (lambda axes: show(axes, alpha=0), "stands for anything from 0.00 to 1.00"),
        (lambda axes: show(axes, vmin=0.2), "run from 0.2 to 1, but 0 occurs"),
        (lambda axes: show(axes, WEIGHTS[:2]), "should have (3, 3) cells, got (2, 3)"),
        (lambda axes: show(axes, WEIGHTS.T), "transposed"),
        (lambda axes: show(axes, -WEIGHTS, vmin=-1), "wrong sign"),
        (lambda axes: axes.imshow(plt.get_cmap("cividis")(WEIGHTS / 2)), "do not follow"),
    ],
)
def test_what_is_hidden_covered_or_wrong_is_seen(draw_on, told):
    with pytest.raises(Wrong, match=told.replace("(", r"\(").replace(")", r"\)")):
        read(draw_on)


def test_cells_that_should_look_like_no_weight_must_differ_from_all_colours():
    empty = np.where(WEIGHTS == 0, np.nan, WEIGHTS)
    read(lambda axes: show(axes, empty), empty)
    for cmap in ("Blues", "Greys_r"):  # one end is as white as the paper
        with pytest.raises(Wrong, match="is forbidden"):
            read(lambda axes, cmap=cmap: show(axes, empty, cmap=cmap), empty)
        grey = plt.get_cmap(cmap).with_extremes(bad="orange")
        read(lambda axes, grey=grey: show(axes, empty, cmap=grey), empty)


def test_texts_count_where_they_can_be_seen():
    def write(axes, **options):
        show(axes)
        axes.text(1, 0, "0.70", **options)

    for options in ({}, {"color": "white"}, {"fontsize": 6}, {"rotation": 90}):
        assert numbers_at(seen(lambda ax, o=options: write(ax, **o))["texts"]) == {(0, 1): "0.70"}
    for options in ({"alpha": 0}, {"zorder": -5}, {"fontsize": 1}, {"visible": False}):
        assert seen(lambda axes, o=options: write(axes, **o))["texts"] == []


def test_words_and_numbers_are_read_as_people_write_them():
    assert [number_in(text) for text in ("0.23", ".23", "0,23", "1.00")] == [0.23, 0.23, 0.23, 1.0]
    assert [number_in(text) for text in ("0.2", "0.230", "23%", "", "x", "0.23 0.23")] == [None] * 6
    words = ("Keys", "the query", "queries, not keys", "monkey", "keyboard", "enquiry", "")
    assert [first_word(w) for w in words] == ["key", "query", "query", None, None, None, None]


@pytest.mark.filterwarnings("ignore")  # as in a check
def test_the_notebooks_figures_and_styles_come_back_and_no_other_stays_open():
    plt.close("all")
    mine = plt.figure()
    before = dict(matplotlib.rcParams)

    def learner(axes, weights):
        plt.rcParams["image.cmap"] = "hot"
        seaborn.set_theme()
        plt.sca(axes)
        plt.imshow(weights)
        plt.colorbar()
        plt.tight_layout()
        plt.figure()

    try:
        plt.rcParams["image.origin"] = "lower"
        values = Draw()(learner, [(WEIGHTS,)])
        assert plt.rcParams["image.origin"] == "lower"
        assert values[0][0]["shape"] == (3, 3)
        assert plt.get_fignums() == [mine.number]
        assert plt.gcf() is mine
        plt.rcParams["image.origin"] = before["image.origin"]
        assert dict(matplotlib.rcParams) == before
    finally:
        plt.close("all")
        matplotlib.rcdefaults()


def test_what_draws_elsewhere_or_stops_is_told_apart():
    (elsewhere,) = Draw()(lambda axes, weights: plt.imshow(weights), [(WEIGHTS,)])
    assert elsewhere == (None,)
    (stub,) = Draw()(lambda axes, weights: ..., [(WEIGHTS,)])
    assert stub is ...
    (stopped,) = Draw()(lambda axes, weights: axes.imshow("x"), [(WEIGHTS,)])
    assert stopped.type == "TypeError"
    assert plt.get_fignums() == []
