"""Settings of the book: Jupyter Book's maintained parts, used directly on Sphinx.

Everything that a page needs is served from the book itself.
"""

import gc
import os
import re
import sys
from pathlib import Path

import course_lib.exercises.faster  # noqa: F401  # before anything loads nbformat
from course_lib import __version__
from course_lib.authoring import write_pages

# What is loaded, and made while pages are read, stays to the end. To look through it for cycles
# again and again took a quarter of the time.
gc.disable()
sys.path.append(str(Path(__file__).parent / "_ext"))
# Run the chapters where Sphinx runs, without the start-up files of whoever builds the book, and
# without the kernel's remark that it talks over a local socket.
os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
profile = Path(__file__).parent / "_build" / "ipython" / "profile_default"
profile.mkdir(parents=True, exist_ok=True)
(profile / "ipython_kernel_config.py").write_text("get_config().IPKernelApp.log_level = 'ERROR'\n")
os.environ["IPYTHONDIR"] = str(profile.parent)

project = "Self-attention as a directed graph"
author = "the course's authors"
copyright = "2026, the course's authors. Text CC BY 4.0, code MIT"
release = __version__

extensions = [
    "myst_nb",
    "sphinx_external_toc",
    "sphinxcontrib.bibtex",
    "sphinx_copybutton",
    "sphinx_codeautolink",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "api_pages",
    "author_year",
    "code_links",
    "figures_last",
    "katex_formulas",
    "icons",
    "pictures",
    "chapter_map",
    "counts",
    "course_archive",
    "exercise_filter",
    "sharing",
    "ways_to_run",
    "glossary_terms",
    "quiz",
    "section_search",
    "side_bar",
    "stacked_tables",
    "states_in_words",
    "text_first",
    "whole_lines",
]
external_toc_path = "../book.yml"
exclude_patterns = ["_build", "**/.*"]

# Text.
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "author_year"
bibtex_reference_style = "author_year"
copybutton_selector = "div.highlight pre"
copybutton_exclude = ".linenos, .gp, .go"

# The library reference, to which names in the code of chapters lead. One backtick in a docstring
# names a thing of the library or a parameter.
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True  # as they are written, not as they print
autodoc_typehints = "none"  # the docstrings say it better
autosummary_generate = False
codeautolink_concat_default = True  # a cell knows what the cells before it imported
default_role = "py:obj"
maximum_signature_line_length = 72
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
toc_object_entries_show_parents = "hide"

# Notebooks: run once, then again only when the code changed; an error stops the build.
nb_execution_mode = "cache"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True  # what one cell prints stands in one box
nb_kernel_rgx_aliases = {".*": "python3"}

nb_ipywidgets_js = {}  # figures_last.py brings what they need
myst_update_mathjax = False  # katex_formulas.py typesets them

# The check of outside addresses, `make links`. Many sites make their anchors with scripts.
linkcheck_anchors = False
linkcheck_retries = 2
linkcheck_timeout = 15

html_theme = "sphinx_book_theme"
html_title = project
html_baseurl = os.environ.get("BOOK_URL", "")  # only who publishes the book knows it
if html_baseurl:
    html_baseurl = f"{html_baseurl.rstrip('/')}/"
html_static_path = ["_static"]
html_css_files = ["course.css", "site.css", ("print.css", {"media": "print"})]
html_js_files = [("accessible.js", {"defer": "defer"}), ("print.js", {"defer": "defer"})]
templates_path = ["_templates"]
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_copy_source = False
html_domain_indices = False  # the pages of the library are their own index
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_repository_button": False,
    "home_page_in_toc": True,
    "navbar_persistent": [],  # the side bar has a search field already
}


def link_to_pages(app, docname, source):
    """Let links to notebooks, which work wherever the pages are read, lead to the book's pages."""
    source[0] = re.sub(r"\]\(\.\./notebooks/(\w+)\.ipynb", r"](chapters/\1.md", source[0])


def language_of_page(app, pagename, templatename, context, doctree):
    """Say in what language a translated page is: screen readers read it out in that one."""
    folder, _, name = pagename.rpartition("/")  # names of modules have dots, too
    context["language"] = (folder == "chapters" and name.partition(".")[2]) or "en"


def collect_again(app, env):
    """Free what is left behind while pages are written; what was made before stays."""
    gc.freeze()
    gc.enable()


def setup(app):
    """Write the chapters' pages before Sphinx looks for sources."""
    write_pages(Path(app.srcdir, "chapters"))
    app.connect("env-check-consistency", collect_again)
    app.connect("source-read", link_to_pages)
    app.connect("html-page-context", language_of_page)
