"""Join the JavaScript modules beside this file into the one text that anywidget takes."""

import re
from pathlib import Path

HERE = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(?P<name>[\w.]+)";\n', re.MULTILINE)


def bundle(name):
    """Return module `name` with every module it imports before it, each one once.

    All names share one scope and stay exported, so that tests can import them from the bundle.

    Examples
    --------
    >>> "import {" in bundle("attention.js")
    False
    """
    return "\n".join(_texts(name, {}).values())


def style():
    """Return the style sheet that all figures share."""
    return (HERE / "figures.css").read_text(encoding="utf-8")


def _texts(name, done):
    """Add `name` after what it imports to `done`, a dict from module to its text."""
    if name not in done:
        text = (HERE / name).read_text(encoding="utf-8")
        for match in IMPORT.finditer(text):
            _texts(match["name"], done)
        done[name] = IMPORT.sub("", text)
    return done
