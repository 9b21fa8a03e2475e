"""The workshop kit: what an instructor needs around a class.

`machine` looks at a computer, `doctor` judges what it saw, `line` is what a learner pastes into a
mail. `pins` says what the course needs on another platform, `pack` lays it into a folder for a room
without a network. `variant` and `reset` make notebooks for live coding and take answers back.
"""
