"""A pytest plugin without hooks: loaded before nbval, it halves the time that nbval takes to start.

While jsonschema is imported, it would build a parser of internet addresses for a check of formats
that notebooks have no use for. Building it takes longer than all else; jsonschema does without.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)
