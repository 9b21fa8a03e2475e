"""What every live figure is: a view with its bundle, its stylesheet and the words it shows."""

import re
from importlib import import_module
from pathlib import Path

import anywidget
import ipywidgets
import traitlets
from IPython.display import display

from course_lib import language, theme

# What makes markup of a `<`, and what keeps it from doing so without being seen.
MARKUP = re.compile("<(?=[!/?a-z])", re.IGNORECASE)
WORD_JOINER = "\u2060"
HERE = Path(__file__).parent
# The last line of a bundle makes a module of it, which Jupyter loads; without it, it is a script
# that makes `figure`, for pages that may load no module because they are opened from a folder.
AS_MODULE = "export default figure.default;export{figure as parts};"
OURS = ("words", "start", "limits", "controls", "data")  # traits of every figure


class LiveFigure(ipywidgets.VBox):
    """A figure with its controls. Where it is shown, its still is sent behind it."""

    @property
    def view(self):
        """The view, which is the last child."""
        return self.children[-1]

    def _ipython_display_(self):
        self.show_live()
        self.view.show_still()

    def show_live(self):
        """Show the figure without its still."""
        # Without the words of ipywidgets, which GitHub and others would show beside the still.
        display(self._repr_mimebundle_() | {"text/plain": ""}, raw=True)


class FigureView(anywidget.AnyWidget):
    """A view that draws in the browser; `words` holds the translations of what it says there."""

    words = traitlets.Dict().tag(sync=True)
    # How the figure began: the traits that `within` has limits for, and what they were.
    start = traitlets.Dict().tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    controls = traitlets.List(traitlets.Dict()).tag(sync=True)  # for pages without Jupyter
    data = traitlets.List(traitlets.Unicode()).tag(sync=True)  # names of the other traits

    def get_state(self, *args, **options):
        """Return the traits as they are sent and saved, their texts safe inside a page."""
        state = super().get_state(*args, **options)
        return {
            name: value if name.startswith("_") else page_safe(value)
            for name, value in state.items()
        }

    def within(self, **limits):
        """Say what the choices of a figure may be: its state, which is reset, saved and linked to.

        Of each trait a dict: numbers lie between "low" and "high", and have "whole" where they
        are integers; of a list, these are its entries, and "length" is the least and the most of
        them; "none" says that None is allowed. A truth needs nothing.
        """
        self.limits = {**self.limits, **limits}
        self.start = {name: getattr(self, name) for name in self.limits}
        return self

    def named_still(self):
        """Return the still with the name of the figure's kind, or None."""
        still = self.still()
        return still and still._replace(kind=type(self).__module__.split(".")[-2])

    def still(self):
        """Return the `Still` of the figure as its traits stand, or None if it has none."""
        package = type(self).__module__.rpartition(".")[0]
        try:
            drawn = import_module(f"{package}.still")
        except ModuleNotFoundError as error:
            if error.name != f"{package}.still":
                raise
            return None
        return drawn.still(self)

    def show_still(self):
        """Send the figure's still to where the live view has been sent."""
        if still := self.named_still():
            display(still)

    @traitlets.default("data")
    def _names_of_data(self):
        own = set(self.traits(sync=True)) - set(anywidget.AnyWidget.class_trait_names())
        return sorted(name for name in own if name not in OURS and not name.startswith("_"))

    @traitlets.default("words")
    def _words_of_this_figure(self):
        return {text: told for text, told in language.catalogue().items() if text in self._esm}


def page_safe(value):
    """Return a value of a trait whose texts cannot end, or open, a script element.

    A static page holds the state of its figures in one, as JSON. Not every program that writes
    such pages escapes what is in it, and a token may be ``<!--`` or ``</SCRIPT>``. So an invisible
    word joiner stands between ``<`` and what would make it markup.
    """
    if isinstance(value, str):
        return MARKUP.sub(f"<{WORD_JOINER}", value)
    if isinstance(value, list | tuple):
        return type(value)(map(page_safe, value))
    if isinstance(value, dict):
        return {key: page_safe(entry) for key, entry in value.items()}
    return value


def bundled(view_file):
    """Return the JavaScript and the CSS that `course build --figures` laid beside a view.py.

    The colours come before the CSS here and not in the bundles, so that a new colour changes one
    file.
    """
    names = ("bundle.js", "bundle.css")
    script, look = (Path(view_file).with_name(name).read_text(encoding="utf-8") for name in names)
    return script, f"{theme.stylesheet('colours.css')}\n{look}"


def stand_in():
    """Return the module that makes models for views on pages without Jupyter."""
    return (HERE / "stand_in.js").read_text(encoding="utf-8")


def page_style():
    """Return the stylesheet of the controls that such pages make of their own."""
    return (HERE / "page_controls.css").read_text(encoding="utf-8")
