"""Grade notebooks that strangers wrote: `course grade`.

What is in ``inside/`` runs in a sandbox, beside the learner's code, and is not trusted. All else
runs outside and takes nothing from there but plain data.
"""
