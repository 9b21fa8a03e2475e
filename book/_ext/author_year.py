"""A bibliography whose labels are what the text says: authors and year."""

import functools

from pybtex import plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels.alpha import LabelStyle as AlphaLabels


class AuthorYearLabels(AlphaLabels):
    """Labels such as “Vig 2019”; the parent adds letters where two would be equal."""

    def format_label(self, entry):
        """Return the last names of up to two authors, or the first of more, and the year."""
        names = [" ".join(person.last_names) for person in entry.persons["author"]]
        authors = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        return f"{authors} {entry.fields['year']}"


class AuthorYearStyle(PlainStyle):
    """The plain style, sorted by author, with these labels."""

    default_label_style = AuthorYearLabels


def setup(app):
    """Make the style known to `sphinxcontrib.bibtex` as ``author_year``."""
    # At each citation Pybtex would search all installed packages for what writes it.
    plugin._load_entry_point = functools.cache(plugin._load_entry_point)
    plugin.register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"parallel_read_safe": True}
