"""Modules of the library that come with a question, instead of those that stand in the sandbox."""

import importlib.abc
import importlib.util
import sys


class Given(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds modules by their sources.

    Parameters
    ----------
    sources : dict of str to str
        Module to source; none is a package.
    """

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        """Return the spec of a module that was given, or None."""
        if name not in self.sources:
            return None
        spec = importlib.util.spec_from_loader(name, self, is_package=False)
        spec.origin = f"<{name}>"
        return spec

    def get_source(self, name):
        """Return the source."""
        return self.sources[name]

    def is_package(self, name):
        """Return False."""
        return False


def give(sources):
    """Let modules be imported from these sources; none of them may have been imported already."""
    loaded = sources.keys() & sys.modules.keys()
    if loaded:
        raise ImportError(f"{loaded} were there before")
    sys.meta_path.insert(0, Given(sources))
