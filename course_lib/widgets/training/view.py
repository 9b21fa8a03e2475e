"""Watch a model learn: a progress bar, a curve of the loss, and a button that stops."""

import asyncio
import time

import ipywidgets
import numpy as np
import traitlets
from IPython.display import display

from course_lib.language import say
from course_lib.widgets.shared import control
from course_lib.widgets.shared.figure import FigureView, LiveFigure, bundled

POINTS = 120  # of the curve
SECONDS = 0.1  # between two changes of the figure: more often, and drawing would slow training
LISTEN = 0.005  # seconds that the kernel then has for the button


class LossCurve(FigureView):
    """Draws the loss of the steps taken so far; see `watch_training`."""

    _esm, _css = bundled(__file__)
    losses = traitlets.List(traitlets.Float()).tag(sync=True)  # each the mean of `stride` steps
    stride = traitlets.Int(1).tag(sync=True)
    total = traitlets.Int(1).tag(sync=True)
    state = traitlets.Unicode("").tag(sync=True)


class TrainingFigure(LiveFigure):
    """A progress bar, a stop button and a `LossCurve`; see `watch_training`."""

    def __init__(self):
        self.stopped = False
        self.bar = ipywidgets.IntProgress(
            0, 0, 1, description=say("training"), style=control.STYLE, layout={"width": "260px"}
        )
        self.button = ipywidgets.Button(description=say("Stop here"))
        self.button.on_click(self._stop)
        self.curve = LossCurve()
        super().__init__(
            [ipywidgets.HBox([self.bar, self.button]), self.curve], layout={"max_width": "480px"}
        )
        self.add_class("course-figure-box")

    def _ipython_display_(self):
        self.show_live()  # the still comes at the end

    def _stop(self, _):
        self.stopped = True

    def show(self, losses, total, state):
        """Bring the figure up to date with the steps taken so far."""
        self.bar.max, self.bar.value = total, len(losses)
        with self.curve.hold_sync():
            self.curve.total = total
            self.curve.stride = stride = -(-total // POINTS)
            self.curve.losses = [
                round(float(np.mean(losses[k : k + stride])), 5)
                for k in range(0, len(losses), stride)
            ]
            self.curve.state = state


async def watch_training(steps):
    """Take the steps of a training while showing how it goes; stop when the learner says so.

    What was learned until then stays in the model, whether the button stopped it or the kernel was
    interrupted. In a cell, write ``await watch_training(...)``: so the kernel can listen to the
    button meanwhile.

    Parameters
    ----------
    steps : iterable of `course_lib.nn.training.Step`
        Each one that is taken trains the model a little.

    Returns
    -------
    list of float
        The loss of each step that was taken.

    Examples
    --------
    >>> from types import SimpleNamespace as Step
    >>> asyncio.run(watch_training(Step(done=k, total=2, loss=1 / k) for k in (1, 2)))
    TrainingFigure(...)
    Done. Loss from 1.00 to 0.50.
    [1.0, 0.5]
    """
    figure, losses, total, shown = TrainingFigure(), [], 1, 0.0
    display(figure)
    state = "Failed"  # unless one of the other ends is reached
    try:
        for step in steps:
            losses.append(step.loss)
            total = step.total
            if figure.stopped:
                state = "Stopped"
                break
            if time.monotonic() - shown > SECONDS:
                figure.show(losses, total, "Learning")
                await asyncio.sleep(LISTEN)
                shown = time.monotonic()
        else:
            state = "Done"
    except (KeyboardInterrupt, asyncio.CancelledError):  # a kernel cancels what awaits
        state = "Interrupted"
    finally:
        figure.button.disabled = True
        figure.bar.bar_style = "success" if state == "Done" else "warning"
        figure.show(losses, total, state)
        figure.curve.show_still()
    return losses
