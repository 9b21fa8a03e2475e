"""What every live figure is: a view with its bundle, its stylesheet and the words it shows."""

from pathlib import Path

import anywidget
import traitlets

from course_lib import language, theme


class FigureView(anywidget.AnyWidget):
    """A view that draws in the browser; `words` holds the translations of what it says there."""

    words = traitlets.Dict().tag(sync=True)

    @traitlets.default("words")
    def _words_of_this_figure(self):
        return {text: told for text, told in language.catalogue().items() if text in self._esm}


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
