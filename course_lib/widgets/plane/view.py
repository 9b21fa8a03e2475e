"""A query dragged among fixed keys in the plane."""

import numpy as np
import traitlets

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, bundled

KEYS = ((2.0, 0.5), (1.0, 2.0), (-1.0, 1.5), (-2.0, -0.5), (-0.5, -2.0), (1.5, -1.5))
REACH = 3.0  # how far the plane shows, from the middle


class QueryPlane(FigureView):
    """Draws keys, a query, its weights and its output in the plane; see `query_plane`."""

    _esm, _css = bundled(__file__)
    points = traitlets.List().tag(sync=True)  # `keys` is taken: every ipywidget has it
    query = traitlets.List(traitlets.Float()).tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    scaled = traitlets.Bool(True).tag(sync=True)


def query_plane(keys=None, *, query=(1.0, 0.5), temperature=1.0, scaled=True):
    r"""Show how one query attends to keys in the plane, while it is dragged among them.

    .. math:: A_j = \mathrm{softmax}_j\!\left(\frac{q \cdot k_j}{\tau \sqrt 2}\right),
              \qquad o = \sum_j A_j k_j

    with temperature :math:`\tau`; each key is its own value. Everything is computed in the
    browser.

    Parameters
    ----------
    keys : array_like, shape (n, 2), optional
        Coordinates from -3 to 3. Default: six keys around the middle.
    query : array_like, shape (2,), default (1.0, 0.5)
        Where the query starts, from -3 to 3.
    temperature : float, default 1.0
        From 0.1 to 5; the logits are divided by it.
    scaled : bool, default True
        Whether the logits are also divided by :math:`\sqrt{d} = \sqrt 2`.

    Returns
    -------
    ipywidgets.VBox
        A row of controls and the `QueryPlane`, its last child.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the kind or in the range above.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, equation 1.

    Examples
    --------
    >>> query_plane(temperature=0.5).children[-1].temperature
    0.5
    """
    keys = _in_plane(KEYS if keys is None else keys, "keys", ndim=2)
    if keys.shape[1] != 2:
        raise ValueError(f"keys must have 2 coordinates each, got shape {keys.shape}")
    view = QueryPlane(
        points=keys.tolist(),
        query=_in_plane(query, "query", shape=(2,)).tolist(),
        temperature=_validate.real(temperature, "temperature", low=0.1, high=5),
        scaled=_validate.flag(scaled, "scaled"),
    )
    view.within(query={"low": -REACH, "high": REACH, "length": [2, 2]})
    controls = [
        control.slider(view, "temperature", say("temperature"), low=0.1, high=5.0, step=0.1),
        control.checkbox(view, "scaled", say("divide the logits by √d")),
    ]
    return control.figure(controls, view)


def _in_plane(values, name, **form):
    array = _validate.real_array(values, name, **form)
    if (np.abs(array) > REACH).any():
        worst = array.flat[np.abs(array).argmax()]
        raise ValueError(f"{name} must lie between {-REACH:g} and {REACH:g}, got {worst:g}")
    return array
