"""The page of all exercises gets a filter; without a script it shows them all."""


def add_files(app, pagename, templatename, context, doctree):
    """Let that page, and no other, load the script and its style."""
    if pagename == "exercises":
        app.add_css_file("exercise-filter.css")
        app.add_js_file("exercise-filter.js", loading_method="defer")


def setup(app):
    """Add the files where pages are written."""
    app.connect("html-page-context", add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
