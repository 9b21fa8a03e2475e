"""The whole course as one archive that comes with the book, and the words of how to get it.

So a reader of the book alone has all that `make lab` needs, with or without a public repository.
"""

import subprocess
import zipfile
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from course_lib.authoring.source import ROOT

ARCHIVE = "course.zip"
FOLDER = "attention-as-a-graph"  # what it unpacks to
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows: equal files, equal bytes


def files_of(root):
    """Return the files that belong to a checkout, sorted: those that git knows; else none."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--", "."]
    done = subprocess.run(command, capture_output=True, check=False)
    names = done.stdout.decode().split("\0") if done.returncode == 0 else []
    return sorted(name for name in names if name and (root / name).is_file())


def write_archive(target, root=ROOT):
    """Write the files of a checkout as they stand into an archive; return its size in bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in files_of(root):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (root / name).stat().st_mode << 16  # what may be run stays so
            archive.writestr(entry, (root / name).read_bytes())
    return target.stat().st_size


class GetTheCourse(SphinxDirective):
    """``get-the-course``: where to get it."""

    def run(self):
        """Leave a place that is filled in when the page is written."""
        return [get_here()]


class get_here(nodes.General, nodes.Element):
    """Where the words go."""


def told(archive, address):
    """Return how to get the course, as HTML.

    Parameters
    ----------
    archive : str
        Where the archive is, seen from the page; "" if there is none.
    address : str
        The repository's; "" if it has none.
    """
    clone = f"<pre>git clone {address}</pre>"
    if not archive and not address:
        return "<p>The course is one folder: ask who gave you this book for a copy of it.</p>"
    if not archive:
        return f"<p>Clone it, and open a terminal in its folder:</p>{clone}"
    link = f'<a class="get-course" href="{archive}" download>Download the course</a>'
    return (
        f"<p>{link}: notebooks, library and the text of this book, in one archive. Unpack it and "
        f"open a terminal in the folder <code>{FOLDER}</code>.</p>"
        + (f"<p>Or clone it:</p>{clone}" if address else "")
    )


def _tell(self, node):
    depth = self.builder.current_docname.count("/")
    archive = "../" * depth + ARCHIVE if self.builder.env.course_files else ""
    self.body.append(told(archive, self.config.course_repository))
    raise nodes.SkipNode


def _leave_out(self, node):
    raise nodes.SkipNode


def _find(app):
    app.env.course_files = bool(files_of(ROOT))


def _write(app, exception):
    if exception is None and app.builder.name == "html" and app.env.course_files:
        write_archive(Path(app.outdir, ARCHIVE))


def setup(app):
    """Add the directive, and lay the archive beside the pages."""
    app.add_node(get_here, html=(_tell, None), text=(_leave_out, None), latex=(_leave_out, None))
    app.add_directive("get-the-course", GetTheCourse)
    app.connect("builder-inited", _find)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
