"""Loaded before nbformat, it saves more than two seconds: for nbval, and the command `course`.

While jsonschema is imported, it would build a parser of internet addresses for a check of formats
that notebooks have no use for. Building it takes longer than all else; jsonschema does without.
To pytest it is a plugin without hooks: ``-p course_lib.exercises.faster``.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)
