"""A learner's working folder: ``course start`` lays it out, ``course update`` renews what is ours.

::

    work/
      notebooks/          what the learner works in, and what they have passed
      book/               the pages that notebooks link to
      .course/shipped/    every notebook as it was shipped: the base of a three-way merge

`folder` finds it, `layout` lays it out from what the installed course brings (`shipped`). `merge`
joins two versions of a chapter with a learner's work, `update` does so for every file of a folder.
`reading` reads whatever became of a notebook, `files` writes so that nothing is lost, `report` says
what happened.
"""
