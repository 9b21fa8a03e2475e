"""Run the attacks of tests/attacks on other graders too, and write what became of each.

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install nbgrader pytest-prairielearn-grader pandas plot-serializer \
        anywidget matplotlib networkx nbval numpy pyyaml scipy
    /tmp/peers/bin/pip install --no-deps .
    python -m tests.support.peer_graders /tmp/peers        # all, half an hour or more
    python -m tests.support.peer_graders /tmp/peers new    # those that were not measured yet

What is known is kept in the environment, so that a run that was interrupted goes on there.
The peers live in a virtual environment of their own. They are set up as their documentation
advises, and ask and judge as our check does; every grading runs in a jail of bubblewrap, without a
network and with limits, so that what an attack does to a peer it does to nothing else.
"""

import ast
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import product
from pathlib import Path
from queue import Queue

from course_lib.authoring.graders import MEASURED
from course_lib.exercises.calling import read_value
from course_lib.exercises.exercise import PASSED
from course_lib.exercises.registry import find_exercise
from course_lib.grading.judge import Grader
from course_lib.grading.sandbox import Limits
from course_lib.grading.submissions import shipped_cells
from course_lib.grading.tree import names_of
from tests.support.attacks import FILES, complaints, read
from tests.support.grading import SHORT, of_one_cell
from tests.support.peer_jail import HOME, SECRET, UID, WALL

SECONDS = 8  # for a cell or a call
AT_ONCE = 2
NEW = "new"
ALWAYS = ("math", "numpy", "numpy._core._methods")  # what NumPy imports in the learner's name
PEERS = {  # the columns, and the task that each gets
    "nbgrader, asserts": "nbgrader-asserts",
    "nbgrader": "nbgrader",
    "prairielearn": "prairielearn",
}
# What prairielearn's sandbox says where it withholds a module or a built-in function.
REFUSALS = ("not allowed to be imported", "cannot be imported", "NameError")
KINDS = {
    "patch what judges": """code_replaced draw_lies import_hook later_exercise module_lies
        modules_replaced patch_assess patch_builtins patch_call patch_check patch_find
        patch_modules patch_numpy patch_numpy_asarray patch_send patch_showtraceback patch_torch
        patch_wire trace_function""",
    "find the answer": """coarse_type compiled_networkx frames garbage hard_coded import_chapters
        import_tests inputs_in_place library_function library_source library_through_another
        networkx_function own_memory parent_memory path_file process_vm random_state
        remember_inputs search_files""",
    "forge what is sent back": """at_exit collector deep_message descriptors_reopened
        exception_that_lies forge_empty forge_frame forge_report forge_second forge_stdout
        forge_verdict_file forge_well_formed half_frame huge_shape memory_of_parent
        message_for_pages thread""",
    "return values that lie": """array_subclass array_that_lies changing_value cyclic_value
        equal_number equal_to_all fitting_shapes generator hook_of_array lone_surrogates
        mapping_that_lies masked_array metaclass module_that_lies name_of_class not_a_number
        not_executed number_that_lies objects_in_array pickle structured text_in_all_ways
        text_that_lies unicode_name""",
    "waste time, memory or disk": """ask_the_user await_for_ever broadcast_bomb colliding_keys
        debugger deep_list deep_source disk_bomb endless_answer endless_iterator endless_output
        endless_small_answers exception_endless exception_groups fork_bomb huge_integer huge_text
        hundred_megabytes ignore_signals loop loop_in_c loop_swallowing memory_bomb memory_shared
        patch_clock raise_limits recursion regular_expression sleep slow_for_others subinterpreter
        thread_bomb timer wide_data""",
    "end the process": """audit_hook bytecode close_everything core_dump crash execute
        exit_at_once kill_itself no_builtins small_integers stop_itself system_exit""",
    "get out, or stay": """compiled_poison conftest daemon disk_elsewhere folder_that_stays
        home_and_environment limits_of_others links locks machine_code magics multiprocessing
        namespaces network network_download other_abi other_submissions preload priority
        shared_memory signals_by_files start_of_python subprocess terminal thread_that_stays
        trace_parent unix_socket vfork""",
}
KIND_OF = {stem: kind for kind, stems in KINDS.items() for stem in stems.split()}
JUDGE = f"""
import dataclasses, secrets
from course_lib.exercises.registry import find_exercise
exercise = find_exercise(KEY)
known = tuple(one for one in exercise.without if not isinstance(one, str))  # no PyTorch here
exercise = dataclasses.replace(exercise, without=known, seconds={SECONDS})
"""
HIDDEN = """### BEGIN HIDDEN TESTS{judge}
from course_lib.exercises.exercise import assess
verdict = assess(exercise, globals(), seed=secrets.randbits(64))
assert verdict.state == "passed", verdict.message
### END HIDDEN TESTS"""
ASSERTS = """### BEGIN HIDDEN TESTS{judge}
import numpy as np
from course_lib.exercises.exercise import posed
reference = {{}}
exec({solution!r}, reference)
for case in posed(exercise, secrets.randbits(64)):
    {compare}
### END HIDDEN TESTS"""
OF_TEXT = 'assert {name} == reference["{name}"]'
OF_NUMBERS = """right, got = reference["{name}"](*case), {name}(*case)
    for part, whole in zip(got, right, strict=True) if type(right) is tuple else [(got, right)]:
        np.testing.assert_allclose(part, whole, rtol=2e-5, atol=2e-6)"""
MODULE = """{judge}
import pytest
from course_lib.exercises.calling import Called, read_value
from course_lib.exercises.exercise import judged, posed
from course_lib.exercises.memory import call_measured
from pytest_prairielearn_grader import ConfigObject

autograder_config = ConfigObject(sandbox_timeout={seconds}, import_whitelist={allowed})


@pytest.mark.grading_data(name=KEY, points=1)
def test_answer(sandbox):
    cases = posed(exercise, secrets.randbits(64))
    if exercise.call is read_value:
        values = [sandbox.query(exercise.answer, query_timeout={seconds})]
    else:
        ask = sandbox.query_function
        values = [ask(exercise.answer, *case, query_timeout={seconds}) for case in cases]
    if exercise.call is call_measured:  # memory is not measured here
        values = [(value, 0) for value in values]
    state, message = judged(exercise, cases, Called(values))
    assert state == "passed", message
"""


def imports_for(exercise):
    """Return the imports above an exercise whose names its solution uses."""
    used = {node.id for node in ast.walk(ast.parse(exercise.solution)) if hasattr(node, "id")}
    found = {"import numpy as np": "numpy"}
    for source in shipped_cells(exercise.chapter).above[exercise.key]:
        for node in ast.parse(source).body:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for alias in node.names:
                if (alias.asname or alias.name) in used:
                    module = getattr(node, "module", None) or alias.name
                    node.names = [alias]
                    found[ast.unparse(node)] = module
    return found


def notebook(exercise, answer, hidden):
    """Return nbgrader's notebook of an exercise: imports, a cell to solve, hidden tests."""
    imports, judge = "\n".join(imports_for(exercise)), JUDGE.replace("KEY", repr(exercise.key))
    compare = OF_TEXT if exercise.call is read_value else OF_NUMBERS
    solution = f"{imports}\n{exercise.solution}"
    compare = compare.format(name=exercise.answer)
    tests = hidden.format(judge=judge, solution=solution, compare=compare)
    graded = {"schema_version": 3, "points": 1, "task": False}
    kinds = [
        (imports, {}),
        (answer, {"grade": False, "solution": True, "locked": False, "grade_id": "answer"}),
        (tests, {"grade": True, "solution": False, "locked": True, "grade_id": "tests"}),
    ]
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{n}",
            "metadata": {"nbgrader": graded | told} if told else {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, (source, told) in enumerate(kinds)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def for_nbgrader(venv, exercise, folder, hidden=HIDDEN):
    """Lay out a course of nbgrader with one assignment, released."""
    source = folder / "source/ps1/chapter.ipynb"
    source.parent.mkdir(parents=True)
    solution = f"### BEGIN SOLUTION\n{exercise.solution}\n### END SOLUTION"
    source.write_text(json.dumps(notebook(exercise, solution, hidden)))
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        'c.CourseDirectory.course_id = "graph"\n'
        f"c.ExecutePreprocessor.timeout = {SECONDS}\n"
    )
    command = [venv / "bin/nbgrader", "generate_assignment", "ps1", "--create"]
    clean = {"PATH": f"{venv}/bin:{os.environ['PATH']}", "HOME": str(folder)}
    subprocess.run(command, cwd=folder, env=clean, check=True, capture_output=True)


def with_asserts(venv, exercise, folder):
    """Lay out the same with tests as nbgrader's guide writes them."""
    for_nbgrader(venv, exercise, folder, ASSERTS)


def for_prairielearn(venv, exercise, folder):
    """Lay out a question of PrairieLearn, as its image would merge it."""
    imports, judge = imports_for(exercise), JUDGE.replace("KEY", repr(exercise.key))
    allowed = sorted({*imports.values(), *ALWAYS})
    inside = folder / "test_student"
    (inside / "student").mkdir(parents=True)
    module = MODULE.replace("KEY", repr(exercise.key))
    made = module.format(judge=judge, seconds=SECONDS, allowed=allowed)
    (folder / "test_student.py").write_text(made)
    # What must not be used is blocked as the guide shows, where it could be imported at all.
    lines = ["def not_allowed(*args, **kwargs):\n    raise RuntimeError('not allowed')"]
    for module, name in names_of(exercise.without):
        if module in allowed or module.partition(".")[0] in allowed:
            top = module if module in allowed else module.partition(".")[0]
            lines += [f"from {top} import {name}", f"import {top} as m\nm.{name} = not_allowed"]
    (inside / "setup_code.py").write_text("\n".join(lines) + "\n")
    (inside / "leading_code.py").write_text("\n".join(imports) + "\n")


def hand_in(grader, task, answer):
    """Put an answer where a grader looks for it."""
    if grader.startswith("nbgrader"):
        made = json.loads((task / "release/ps1/chapter.ipynb").read_text())
        made["cells"][1]["source"] = answer
        path, text = task / "submitted/attacker/ps1/chapter.ipynb", json.dumps(made)
    else:
        path, text = task / "test_student/student/student_code.py", answer
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def jail(venv, folder, grader, user):
    """Return the command that grades in a jail what a folder holds."""
    python = Path(venv / "bin/python")
    said = "import sys; print(sys.base_prefix)"
    base = Path(subprocess.check_output([python, "-c", said], text=True).strip())
    passwd = folder / "passwd"
    passwd.write_text(f"root:x:0:0::/root:/bin/sh\nag:x:{user}:{user}::{HOME}:/bin/sh\n")
    command = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    command += ["--unshare-uts", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--cap-drop", "ALL"]
    for power in ("SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL"):
        command += ["--cap-add", f"CAP_{power}"]
    told = {"HOME": HOME, "PATH": f"{venv}/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    told |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    told |= {"SECRET": SECRET, "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"}
    told["MPLCONFIGDIR"] = "/grade/fonts"  # there already: each grading would make it anew
    for name, value in told.items():
        command += ["--setenv", name, str(value)]
    for top in ("/usr", "/bin", "/lib", "/lib64", "/sbin"):
        path = Path(top)
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), top]
        elif path.exists():
            command += ["--ro-bind", top, top]
    command += ["--dir", "/etc", "--ro-bind", str(passwd), "/etc/passwd"]
    command += ["--proc", "/proc", "--dev", "/dev", "--dir", "/var"]
    for scratch in ("/tmp", "/var/tmp", "/grade", "/home"):
        mode = "1777" if "tmp" in scratch else "0755"
        command += ["--perms", mode, "--size", str(256 << 20), "--tmpfs", scratch]
    for path in dict.fromkeys((base, venv)):
        for above in reversed(path.parents[:-1]):
            command += ["--dir", str(above)]
        command += ["--ro-bind", str(path), str(path)]
    command += ["--ro-bind", str(folder), "/job"]
    command += [
        "--ro-bind",
        str(Path(__file__).with_name("peer_jail.py")),
        "/jail.py",
        "--chdir",
        "/grade",
    ]
    return [*command, "--", str(python), "-I", "/jail.py", grader.partition("-")[0], str(user)]


def grade(venv, grader, task, answer, user):
    """Return what became of one answer with a peer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        subprocess.run(["cp", "-r", task, folder / "task"], check=True)
        hand_in(grader, folder / "task", answer)
        command = jail(venv, folder, grader, user)
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if not done.stdout:
        raise OSError(f"the jail gave nothing: {done.stderr}")
    return json.loads(done.stdout)


def outcome(told):
    """Return in words what an attack has achieved."""
    found = {
        "scores": bool(told["score"]),
        "leaves": bool(told["processes"] or told["files"]),
        "harms": bool(told["changed"] or told["leaked"]),
        "delays": told["ended"],
        "no mark": told["score"] is None and not told["ended"],
        "refused": not told["score"] and any(words in told["log"] for words in REFUSALS),
    }
    return [name for name, is_so in found.items() if is_so]


def makes_sense(grader, key):
    """Tell whether an exercise can be asked.

    No axes and no pair of arrays go through PrairieLearn's socket; asserts read no drawings.
    """
    without = {"prairielearn": ("heatmaps-5", "weights-4"), "nbgrader-asserts": ("heatmaps-5",)}
    return key not in without.get(grader, ())


def lay_out(venv, folder, keys):
    """Lay out the tasks of both peers; return their folders, by grader and exercise."""
    made = {}
    said = "import matplotlib.font_manager"
    told = os.environ | {"MPLCONFIGDIR": str(folder / "fonts"), "PYTHONPATH": ""}
    subprocess.run([venv / "bin/python", "-c", said], env=told, check=True)
    lay = {
        "nbgrader-asserts": with_asserts,
        "nbgrader": for_nbgrader,
        "prairielearn": for_prairielearn,
    }
    for grader, key in product(lay, keys):
        if makes_sense(grader, key):
            task = made[grader, key] = folder / grader / key
            task.mkdir(parents=True)
            lay[grader](venv, find_exercise(key), task)
            subprocess.run(["cp", "-r", folder / "fonts", task], check=True)
    return made


def about(path):
    """Return the kind of an attack, and whether it names modules of our own grader."""
    named = "course_lib.grading" in path.read_text("utf-8")
    return {"kind": KIND_OF[path.stem], "names ours": named}


def ours_on(paths):
    """Return what each attack achieves on our grader, as the test of attacks finds it."""
    with Grader(Limits(**SHORT)) as grader:
        told = {path.stem: complaints(grader, path) for path in paths}
    words = {"it scores": "scores", "it took": "delays", "the next": "harms"}
    return {
        stem: [
            next((w for start, w in words.items() if c.startswith(start)), "leaves") for c in found
        ]
        for stem, found in told.items()
    }


def honest_with_ours(key):
    """Tell whether the right answer scores with ours."""
    with Grader() as grader:
        (verdict,) = grader.grade(of_one_cell(key, find_exercise(key).solution), keys=[key])
    return verdict.state == PASSED


def main(venv, *only):
    """Run all attacks on all graders, or add some to what was measured.

    Parameters
    ----------
    venv : path
    only : str
        Names of attacks, or the one word "new": those that were not measured yet.
    """
    venv, before = Path(venv).resolve(), json.loads(MEASURED.read_text("utf-8"))
    for program in ("nbgrader", "pytest"):
        if not (venv / "bin" / program).exists():
            raise SystemExit(f"{venv} has no {program}: see the top of this file")
    if only == (NEW,):
        only = tuple(path.stem for path in FILES if path.stem not in before["attacks"])
        if not only:
            raise SystemExit("every attack is measured")
    if unknown := set(only) - {path.stem for path in FILES}:
        raise SystemExit(f"there is no attack {', '.join(sorted(unknown))}")
    paths = [path for path in FILES if not only or path.stem in only]
    keys = sorted({read(path)[0] for path in paths})
    honest = {peer: {} for peer in PEERS}
    attacks = {path.stem: about(path) | dict.fromkeys(PEERS) for path in paths}
    record = venv / "attacks.jsonl"  # what is known already, so that it can be interrupted
    known = record.read_text().splitlines() if record.exists() else []
    known = {tuple(job): told for job, told in map(json.loads, known)}
    users = Queue()
    for number in range(AT_ONCE):  # a limit of processes counts all that a user has
        users.put(UID + number)

    def run(job):
        if job in known:
            return job, known[job]
        peer, name, key, answer = job
        grader = PEERS[peer]
        user = users.get()
        try:
            told = grade(venv, grader, tasks[grader, key], answer, user)
            if told["ended"]:  # by chance, or on a busy machine: it counts if it happens again
                told = grade(venv, grader, tasks[grader, key], answer, user)
        finally:
            users.put(user)
        said = told if only or (name == key and not told["score"]) else told["seconds"]
        print(peer, name, outcome(told), said, flush=True)
        with record.open("a") as file:
            file.write(json.dumps([job, told]) + "\n")
        return job, told

    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(AT_ONCE) as pool:
        tasks = lay_out(venv, Path(name), keys)
        jobs = [(peer, key, key, find_exercise(key).solution) for peer in PEERS for key in keys]
        jobs += [(peer, p.stem, *read(p)) for p in paths for peer in PEERS]
        asked = [job for job in jobs if (PEERS[job[0]], job[2]) in tasks]
        for (peer, name, key, _), told in pool.map(run, asked):
            if name == key:
                honest[peer][key] = told["score"] == 1
            else:
                attacks[name][peer] = outcome(told)
    honest["ours"] = {key: honest_with_ours(key) for key in keys}
    for stem, found in ours_on(paths).items():
        attacks[stem]["ours"] = found
    days = {datetime.now(UTC).date().isoformat()}
    if only:
        honest = {name: before["honest"][name] | told for name, told in honest.items()}
        attacks = before["attacks"] | attacks
        days |= set(before["date"].split(" and "))
    write(venv, " and ".join(sorted(days)), honest, attacks)


def write(venv, date, honest, attacks):
    """Write what was measured."""
    listed = [venv / "bin/pip", "list", "--format", "json"]
    installed = json.loads(subprocess.check_output(listed, stderr=subprocess.DEVNULL))
    versions = {package["name"]: package["version"] for package in installed}
    names = ("nbgrader", "pytest-prairielearn-grader")
    told = {
        "date": date,
        "versions": {"ours": version("attention-as-a-graph")} | {n: versions[n] for n in names},
        "seconds": SECONDS,
        "wall": WALL,
        "honest": honest,
        "attacks": {stem: attacks[stem] for stem in KIND_OF if stem in attacks},
    }
    MEASURED.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
