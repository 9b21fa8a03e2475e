"""Run a chapter for its deck, and keep the outputs and the state of its figures."""

import nbformat
from nbclient import NotebookClient

from course_lib.authoring.source import NOTEBOOKS
from course_lib.exercises import copies

SECONDS = 300


def run(sources, folder=NOTEBOOKS):
    """Run code cells in a kernel of their own.

    Returns
    -------
    outputs : list of lists
        The outputs of each cell.
    state : dict
        The state of all widgets, as a page embeds it.
    """
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": folder}},
        coalesce_streams=True,  # a kernel may send a line in two pieces
    )
    client.execute(env=copies.environment())
    widgets = notebook.metadata.get("widgets", {})
    state = widgets.get("application/vnd.jupyter.widget-state+json", {})
    return [cell.outputs for cell in notebook.cells], state
