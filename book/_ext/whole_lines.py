"""What a cell prints stays as it was printed: MyST-NB ends a line after each piece that came.

A kernel sends what has been printed a few times a second, and then perhaps half of a line.
"""

from myst_nb.core import render
from myst_nb.core.utils import coalesce_streams


def with_whole_lines(outputs):
    """Return the outputs of a cell with pieces of one stream that follow one another joined."""
    joined = []
    for output in outputs:
        before = joined[-1] if joined else None
        if before and output["output_type"] == "stream" and before.get("name") == output["name"]:
            before["text"] += output["text"]
        else:
            joined.append(output)
    return coalesce_streams(joined)


def setup(app):
    """Let MyST-NB join what a cell printed by this."""
    render.coalesce_streams = with_whole_lines
    return {"parallel_read_safe": True, "parallel_write_safe": True}
