"""Scripts of Sphinx and the theme wait until the text has been read.

All of them wait for the whole page anyway. The page of the search keeps its order: what stands in
it needs them at once. `_templates/layout.html` keeps the search's own files to that page.
"""

AT_ONCE = "documentation_options.js"  # small; what stands in the page writes to it


def defer(app, pagename, templatename, context, doctree):
    """Defer the scripts of a page that do not say themselves when they are loaded."""
    scripts = context.get("script_files", [])
    if pagename == "search":
        return
    for k, script in enumerate(scripts):
        name = str(getattr(script, "filename", None) or AT_ONCE)
        if name.endswith(AT_ONCE) or {"async", "defer", "type"} & set(script.attributes):
            continue
        scripts[k] = type(script)(
            script.filename, priority=script.priority, defer="defer", **script.attributes
        )


def setup(app):
    """Come after what lists a page's scripts."""
    app.connect("html-page-context", defer, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
