"""Loaded before nbformat and jupytext, it saves seconds: for nbval, and the command `course`.

While jsonschema is imported, it would build a parser of internet addresses for a check of formats
that notebooks have no use for. Building it takes longer than all else; jsonschema does without.
Jupytext would load Jupyter's server, to show texts there as notebooks; here it reads texts alone.
JupyterLab runs in a process of its own, which does not load this. To pytest it is a plugin without
hooks: ``-p course_lib.exercises.faster``.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)
sys.modules.setdefault("jupytext.sync_contentsmanager", None)
sys.modules.setdefault("jupytext.async_contentsmanager", None)
