"""What every live figure is: a view with its bundle, its stylesheet and the words it shows."""

import re
from pathlib import Path

import anywidget
import traitlets

from course_lib import language, theme

# What makes markup of a `<`, and what keeps it from doing so without being seen.
MARKUP = re.compile("<(?=[!/?a-z])", re.IGNORECASE)
WORD_JOINER = "\u2060"


class FigureView(anywidget.AnyWidget):
    """A view that draws in the browser; `words` holds the translations of what it says there."""

    words = traitlets.Dict().tag(sync=True)

    def get_state(self, *args, **options):
        """Return the traits as they are sent and saved, their texts safe inside a page."""
        state = super().get_state(*args, **options)
        return {
            name: value if name.startswith("_") else page_safe(value)
            for name, value in state.items()
        }

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
    """Return the script that makes models for views on pages without Jupyter."""
    script = Path(__file__).with_name("stand_in.js").read_text(encoding="utf-8")
    return script.replace("export function", "function")
