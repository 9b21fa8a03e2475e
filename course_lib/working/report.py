"""Say what was laid out and what an update brought, in lines for a terminal."""

import textwrap

from course_lib.working.update import LAID_OUT, LEFT_ALONE, UP_TO_DATE


def started_lines(done):
    """Return what `layout.start` did as lines."""
    if not done.anew:
        lines = [f"{done.folder}: started before, nothing changed"]
    else:
        count = sum(name.endswith(".ipynb") for name in done.laid_out)
        lines = [f"{done.folder}: {_many(count, 'notebook')} laid out in {done.folder}/notebooks"]
    if done.carried_over:
        names = ", ".join(done.carried_over)
        lines += [f"Your work in the course's own notebooks was carried over: {names}"]
        lines += ["`git restore notebooks` gives git its own back, so that it can pull again"]
    if done.there_already:
        lines += [f"Left as it is, for it was there already: {', '.join(done.there_already)}"]
    if done.unreadable:
        lines += [f"Could not be read and was not carried over: {', '.join(done.unreadable)}"]
    if done.outdated:
        lines += [
            f"The installed course has {_many(len(done.outdated), 'chapter')} in another version: "
            "`course update` brings it and keeps your work"
        ]
    return lines


def update_lines(outcomes):
    """Return what `update.update` did as lines: a paragraph for each file that is not as it was."""
    lines = []
    for outcome in outcomes:
        if outcome.state != UP_TO_DATE:
            lines += _of_file(outcome)
    unchanged = sum(outcome.state == UP_TO_DATE for outcome in outcomes)
    return [*lines, f"Up to date already: {_many(unchanged, 'file')}"] if unchanged else lines


def _of_file(outcome):
    if outcome.state == LEFT_ALONE:
        return [f"{outcome.name}: left alone; it {outcome.why}"]
    if outcome.state == LAID_OUT:
        return [f"{outcome.name}: laid out, for it was not there"]
    lines = [f"{outcome.name}: brought up to date"]
    if outcome.changes:
        lines += [f"  {line}" for line in _of_cells(outcome.changes, outcome.base_known)]
    if outcome.copy:
        lines += [f"  the old file is kept as {outcome.copy}"]
    return lines


def _of_cells(changes, base_known):
    lines = [f"ours: {changes.renewed} new or changed, {changes.removed} gone"]
    if not base_known:
        lines += ["the version that you worked in is not known: whatever differs was kept as yours"]
    if changes.answers:
        lines += [f"kept: your answers to {', '.join(changes.answers)}"]
    if changes.own:
        lines += [f"kept: {_many(changes.own, 'cell')} of your own"]
    lines += [f"kept as you edited it: {name}" for name in changes.edited]
    lines += [f"changed by you and by us, yours stands below: {n}" for n in changes.both_changed]
    lines += [f"deleted by you and still gone: {name}" for name in changes.deleted]
    lines += [f"came back, the chapter needs it: {name}" for name in changes.came_back]
    if changes.moved:
        lines += ["cells that you moved stand in the chapter's order again"]
    lines += [f"{old} is {key} now" for old, key in changes.renumbered.items()]
    lines += [f"{key}: its task is a new one; your answer stays" for key in changes.new_tasks]
    for key, stub in changes.new_stubs.items():
        lines += [f"{key}: what its cell starts from changed; your answer stays. It is now:"]
        lines += textwrap.indent(stub, "    ").splitlines()
    lines += [
        f"{key}: no longer in the chapter; your answer stays, marked" for key in changes.ended
    ]
    return lines


def _many(count, thing):
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
