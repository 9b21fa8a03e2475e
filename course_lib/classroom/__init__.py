"""A class that its instructor can see: learners join, and a board shows who is stuck, and where.

::

    learner:    outbox (what `check` tells: a file, a thread) -> calling (HTTP)
                joining (join, leave, held back?), membership (what is remembered)
    server:     serving -> app, wire, limits -> store (SQLite) -> summary -> board/, export, minutes
    both:       events, names, codes, sentences

Learners need nothing but the course; the server needs the extra ``teach``.
"""
