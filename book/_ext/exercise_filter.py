"""The page of all exercises gets a filter; without a script it shows them all."""


def add_script(app, pagename, templatename, context, doctree):
    """Let that page, and no other, load the script."""
    if pagename == "exercises":
        app.add_js_file("exercise-filter.js", loading_method="defer")


def setup(app):
    """Add the script where pages are written."""
    app.add_css_file("exercise-filter.css")
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
