"""The outputs of chapters that ran already, where the build of the book looks for outputs."""

import copy

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import read_myst_markdown_notebook

from course_lib.authoring import pages
from course_lib.authoring.live_figures import STATE
from tests.support.chapters import code_cells, speaks_to_the_learner

LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}  # as a kernel says it


def executed_page(stem, ran):
    """Return the notebook of a chapter's page with the outputs of a run of the chapter."""
    page = read_myst_markdown_notebook(pages.page(stem))
    shown = [cell for cell in ran.solved if not speaks_to_the_learner(cell)]
    for cell, other in zip(code_cells(page), shown, strict=True):
        assert cell.source.strip() == other.source.strip()
        cell.outputs = copy.deepcopy(other.outputs)
        cell.execution_count = other.execution_count
    page.metadata["widgets"] = {STATE: ran.widgets}
    page.metadata["language_info"] = LANGUAGE
    return page


def fill_cache(folder, runs):
    """Lay the pages of chapters that ran, by stem, into a cache of MyST-NB."""
    cache = get_cache(folder)
    for stem, ran in runs.items():
        bundle = CacheBundleIn(executed_page(stem, ran), f"chapters/{stem}.md")
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def cached(folder):
    """Return the names of the pages that a cache of MyST-NB holds."""
    return {record.uri.rpartition("/")[2] for record in get_cache(folder).list_cache_records()}
