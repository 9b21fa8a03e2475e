"""A builder of sparse patterns: who may attend to whom, and after how many layers all can."""

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.patterns import random_order
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

FEWEST, MOST = 4, 64  # positions
MOST_DILATION = 8
MOST_GLOBAL = 8
MOST_RANDOM = 8
MOST_LAYERS = 12


class PatternView(FigureView):
    """Draws a pattern and what it reaches; see `pattern_explorer`.

    `position` is the chosen position.
    """

    _esm, _css = bundled(__file__)
    n = traitlets.Int(4).tag(sync=True)
    order = traitlets.Bytes().tag(sync=True)  # uint8 (n, n): the random keys of each position
    radius = traitlets.Int(1).tag(sync=True)
    dilation = traitlets.Int(1).tag(sync=True)
    global_positions = traitlets.Int(0).tag(sync=True)
    random_keys = traitlets.Int(0).tag(sync=True)
    block = traitlets.Int(1).tag(sync=True)
    layers = traitlets.Int(1).tag(sync=True)
    position = traitlets.Int(0).tag(sync=True)


def pattern_explorer(
    n=48,
    *,
    radius=1,
    dilation=1,
    global_positions=0,
    random_keys=0,
    block=1,
    layers=1,
    position=None,
    rng=None,
):
    """Build a sparse pattern from its parts and see what reaches what, layer by layer.

    The pattern is the union of those of `course_lib.patterns` with the same names. Everything is
    computed in the browser.

    Parameters
    ----------
    n : int, default 48
        Positions, from 4 to 64.
    radius, dilation : int, default 1
        Of the window; radius from 0 to n // 2, dilation from 1 to 8.
    global_positions : int, default 0
        How many positions are global, from 0 to 8: spread evenly, the first one is 0.
    random_keys : int, default 0
        How many others each position attends to at random, from 0 to 8, fewer than n.
    block : int, default 1
        Size of the blocks, from 1 (none) to n // 2.
    layers : int, default 1
        How many layers are shown, from 1 to 12.
    position : int, optional
        The position that is chosen first. Default: the middle.
    rng : numpy.random.Generator, optional
        Of the random keys. Default: ``np.random.default_rng(0)``.

    Returns
    -------
    ipywidgets.VBox
        A row of controls and the `PatternView`, its last child.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or out of range, or `rng` is no generator.

    References
    ----------
    Beltagy, Peters and Cohan (2020), Longformer, figure 2; Zaheer et al. (2020), Big Bird,
    figure 1.

    Examples
    --------
    >>> figure = pattern_explorer(16, radius=2)
    >>> [control.description for control in figure.children[0].children]
    ['window', 'dilation', 'global', 'random', 'block', 'layers']
    """
    n = _validate.integer(n, "n", low=FEWEST, high=MOST)
    rng = np.random.default_rng(0) if rng is None else rng
    _validate.generator(rng, "rng")
    most_random = min(MOST_RANDOM, n - 1)
    position = n // 2 if position is None else position
    view = PatternView(
        n=n,
        order=random_order(n, rng).astype(np.uint8).tobytes(),
        radius=_validate.integer(radius, "radius", low=0, high=n // 2),
        dilation=_validate.integer(dilation, "dilation", low=1, high=MOST_DILATION),
        global_positions=_validate.integer(
            global_positions, "global_positions", low=0, high=min(MOST_GLOBAL, n)
        ),
        random_keys=_validate.integer(random_keys, "random_keys", low=0, high=most_random),
        block=_validate.integer(block, "block", low=1, high=n // 2),
        layers=_validate.integer(layers, "layers", low=1, high=MOST_LAYERS),
        position=_validate.integer(position, "position", low=0, high=n - 1),
    )
    view.within(position=control.whole(n - 1))
    sliders = [
        ("radius", say("window"), 0, n // 2),
        ("dilation", say("dilation"), 1, MOST_DILATION),
        ("global_positions", say("global"), 0, min(MOST_GLOBAL, n)),
        ("random_keys", say("random"), 0, most_random),
        ("block", say("block"), 1, n // 2),
        ("layers", say("layers"), 1, MOST_LAYERS),
    ]
    controls = [
        control.slider(view, trait, label, low=low, high=high, step=1)
        for trait, label, low, high in sliders
    ]
    return control.figure(controls, view)
