"""The library reference: every public name has an entry, and what has none is seen."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

import course_lib
from course_lib.chapters import FOLDER

EXTENSIONS = Path(__file__).resolve().parents[1] / "book" / "_ext"

INSIDE = '''"""A module."""

from math import sqrt


class Kind:
    """A kind."""

    def told(self):
        """Tell."""

    def untold(self):
        return 1

    def _inner(self):
        """Go on."""


class Bare:
    pass


def told():
    """Tell."""


def untold():
    return sqrt(4)


def _inner():
    """Go on."""
'''

SPEAKER = 'from planted.speaker.part import told\n\n__all__ = ["told"]\n'

CONF = f"""
import sys
sys.path.append({str(EXTENSIONS)!r})
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon", "api_pages"]
api_package = "planted"
autosummary_generate = False
root_doc = "api/index"
suppress_warnings = ["toc.not_included"]
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Build the reference of a package that lacks docstrings; return what was said, and entries."""
    folder = tmp_path_factory.mktemp("planted")
    texts = {
        "planted/__init__.py": '"""A package."""\n',
        "planted/inside.py": INSIDE,
        "planted/_hidden.py": INSIDE,
        "planted/cli.py": INSIDE,
        "planted/speaker/__init__.py": SPEAKER,
        "planted/speaker/part.py": INSIDE,
        "source/conf.py": CONF,
        "source/api/gone.rst": "A module that is no more\n",
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
    done = subprocess.run(
        [*command, "source", "site"], cwd=folder, capture_output=True, text=True, check=False
    )
    inventory = InventoryFile.loads((folder / "site" / "objects.inv").read_bytes(), uri="")
    entries = {
        name for kind in inventory.data if kind != "std:label" for name in inventory.data[kind]
    }
    return done, entries


def test_what_is_public_has_an_entry_that_other_books_can_link_to(planted):
    _, entries = planted
    expected = {"inside", "inside.told", "inside.Kind", "inside.Kind.told", "speaker.told"}
    assert {f"planted.{name}" for name in expected} <= entries


def test_what_is_private_machinery_or_gone_has_none(planted):
    _, entries = planted
    parts = {part for entry in entries for part in entry.replace("/", ".").split(".")}
    assert not parts & {"_hidden", "_inner", "cli", "part", "sqrt", "gone"}


def test_what_lacks_a_docstring_is_named_and_stops_the_build(planted):
    done, entries = planted
    assert done.returncode == 1
    lacking = {f"planted.inside.{name}" for name in ("untold", "Bare", "Kind.untold")}
    assert not lacking & entries
    assert {line.split()[1] for line in done.stderr.splitlines()} == lacking


def test_what_the_chapters_import_is_in_the_reference(monkeypatch):
    monkeypatch.syspath_prepend(EXTENSIONS)
    from api_pages import MACHINERY, public_modules

    shown = {module.__name__ for module in public_modules(course_lib)}
    imported = set()
    for text in FOLDER.glob("*/chapter.md"):
        for line in text.read_text(encoding="utf-8").splitlines():
            if line.startswith("from course_lib."):
                imported.add(line.split()[1])
    assert len(imported) > 10
    wanted = {name for name in imported if name.split(".")[1] not in MACHINERY}
    assert wanted - shown - {"course_lib.nn"} == set()


LINKED = f"""
import sys
sys.path.append({str(EXTENSIONS)!r})
sys.path.append("..")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_codeautolink", "code_links"]
templates_path = ["templates"]
codeautolink_concat_default = True
"""
CODE = "```python\nfrom linked import told\n\ntold()\n```\n"
MORE = '```python\ntext = "&<"; told() and told()\n```\n'  # in it, a name is known from above


# It builds once a line that it reads: to load Sphinx takes longer than to build so small a book.
BUILDER = """
import sys
from sphinx.cmd.build import main
for _ in sys.stdin:
    print(main(["-b", "html", "-q", "-W", "source", "site"]), flush=True)
"""


def test_links_in_code_stay_when_a_page_is_written_again_without_being_read(tmp_path):
    texts = {
        "linked.py": INSIDE,
        "source/conf.py": LINKED,
        "source/index.md": "# Code\n\n```{toctree}\nreference\nother\n```\n\n" + CODE + MORE,
        "source/other.md": "# More of it\n\n" + CODE,
        "source/reference.md": "# Reference\n\n```{eval-rst}\n.. autofunction:: linked.told\n```\n",
        "source/templates/layout.html": '{% extends "!layout.html" %}\n',
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    def links():
        builder.stdin.write("\n")
        builder.stdin.flush()
        assert builder.stdout.readline() == "0\n"
        written = [(tmp_path / "site" / name) for name in ("index.html", "other.html")]
        return [path.read_text(encoding="utf-8").count("codeautolink-a") for path in written]

    command = [sys.executable, "-c", BUILDER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, text=True, **pipes) as builder:
        first = links()
        assert min(first) > 0
        assert first[0] == first[1] + 2  # those in the code that goes on
        assert (tmp_path / "site/index.html").read_text("utf-8").count(">told</span></a>") == 4
        layout = tmp_path / "source/templates/layout.html"
        layout.write_text(layout.read_text() + "{% block footer %}again{% endblock %}\n")
        later = time.time() + 10
        os.utime(layout, (later, later))
        assert links() == first
        assert "again" in (tmp_path / "site/other.html").read_text(encoding="utf-8")
        (tmp_path / "source/other.md").write_text("# More of it\n")
        assert links() == [first[0], 0]
