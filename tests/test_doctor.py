"""`course doctor`: each planted fault is seen, told with its mend, and reaches the instructor."""

import dataclasses
import getpass
import json
import sys
from pathlib import Path

import pytest

from course_lib import cli
from course_lib.exercises import copies
from course_lib.working import layout
from course_lib.workshop import command, doctor, line, machine

HERE = ("/env/lib/course_lib", "/env")
GOOD = machine.Facts(
    system="Linux x86_64",
    python="3.12.3",
    course="0.1.0",
    wanted=("numpy<3,>=2.1", "torch<3,>=2.6"),
    installed={"numpy": "2.4.6", "torch": "2.13.0+cpu"},
    kernel=HERE,
    here=HERE,
    extensions=dict.fromkeys(machine.EXTENSIONS, ""),
    memory=16 * 10**9,
    free_memory=8 * 10**9,
    disk=50 * 10**9,
    browser="firefox",
    network=True,
    folder=Path("/lessons/work"),
)

FAULTS = {
    "an old package": ({"installed": {"numpy": "1.26.4", "torch": "2.13.0"}}, "versions", "1.26.4"),
    "a missing package": ({"installed": {"numpy": "2.4.6"}}, "versions", "torch=missing"),
    "no course": ({"wanted": ()}, "versions", "course=missing"),
    "no kernel": ({"kernel": "NoSuchKernel: No such kernel named python3"}, "kernel", "fails"),
    "a kernel without the course": (
        {"kernel": "ModuleNotFoundError: No module named 'course_lib'"},
        "kernel",
        "no-course",
    ),
    "another copy": ({"kernel": ("/old/course_lib", "/env")}, "kernel", "other-copy"),
    "no widgets": (
        {"extensions": dict.fromkeys(machine.EXTENSIONS, "missing")},
        "widgets",
        "anywidget=missing",
    ),
    "widgets off": (
        {"extensions": dict.fromkeys(machine.EXTENSIONS, "disabled")},
        "widgets",
        "anywidget=disabled",
    ),
    "little memory": ({"memory": 2 * 10**9}, "memory", "2.0 GB-in-all"),
    "little free memory": ({"free_memory": 10**8}, "memory", "little-free"),
    "a full disk": ({"disk": 10**6}, "disk", "full"),
    "no browser": ({"browser": None}, "browser", "none"),
    "no folder": ({"folder": None, "folder_fault": "no working folder"}, "folder", "none"),
    "a folder to read only": ({"folder_fault": "cannot be written to"}, "folder", "read-only"),
    "OneDrive": (
        {"folder": Path("/lessons/OneDrive - School/work")},
        "folder",
        "synced",
    ),
    "a long path": (
        {"system": "Windows AMD64", "folder": Path("/x" + "y" * 160)},
        "folder",
        "long-path",
    ),
    "an old chapter": ({"outdated": ("02_weights",)}, "folder", "outdated=1"),
}


def test_all_is_well():
    findings = doctor.examine(GOOD)
    assert [found.check for found in findings if found.fault] == []
    (report,) = line.read_lines(line.line_of(GOOD, findings))
    assert report.faults == ()


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_seen_alone_with_a_mend_and_reaches_the_instructor(name):
    change, check, word = FAULTS[name]
    findings = doctor.examine(dataclasses.replace(GOOD, **change))
    (fault,) = [found for found in findings if found.fault]
    assert fault.check == check
    assert word in fault.fault
    assert fault.mend
    assert "\n" not in fault.mend + fault.told
    assert f"mend: {fault.mend}" in "\n".join(command.told(findings))
    (report,) = line.read_lines("Ada: " + line.line_of(GOOD, findings))
    assert report.who == "Ada"
    assert report.faults == (f"{check}: {fault.fault}",)


def test_a_missing_network_is_told_and_no_fault():
    findings = doctor.examine(dataclasses.replace(GOOD, network=False))
    assert not any(found.fault for found in findings)
    assert "network no" in line.line_of(dataclasses.replace(GOOD, network=False), findings)


def test_what_cannot_be_measured_is_no_fault():
    unknown = dataclasses.replace(GOOD, memory=None, free_memory=None, disk=None)
    assert not any(found.fault for found in doctor.examine(unknown))


# What a real computer says.


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doctor") / "work"
    layout.start(folder)
    return machine.look(folder)


def test_here_the_kernel_and_the_widgets_are_found(seen):
    found = {finding.check: finding for finding in doctor.examine(seen)}
    for check in ("versions", "kernel", "widgets", "folder"):
        assert not found[check].fault, found[check]
    assert len(seen.wanted) > 10
    assert seen.memory > seen.free_memory > 0


def test_the_line_names_neither_person_nor_place(seen):
    told = line.line_of(seen, doctor.examine(seen))
    for private in (getpass.getuser(), str(seen.folder), sys.prefix, str(copies.COPY), "/"):
        assert private not in told
    assert len(told) < 300


def test_a_kernel_that_fails_and_one_without_the_course_are_told(tmp_path):
    assert "NoSuchKernel" in machine.ask_kernel(tmp_path, name="no_such_kernel")
    failed = machine.ask_kernel(tmp_path, code="import no_such_course")
    assert failed == "ModuleNotFoundError: No module named 'no_such_course'"
    assert "Error" in machine.ask_kernel(tmp_path, code="print('no JSON')")


def test_an_extension_is_looked_for_where_it_is_said_to_be(tmp_path):
    assert machine.look_for_extension("anywidget", [tmp_path]) == "missing"
    (tmp_path / "anywidget").mkdir()
    (tmp_path / "anywidget" / "package.json").write_text("{}")
    assert machine.look_for_extension("anywidget", [tmp_path]) == ""


def test_no_network_and_no_folder_are_answers(tmp_path):
    assert not machine.reaches_outside("http://127.0.0.1:9", seconds=1)
    place, fault, outdated = machine.look_at_folder(tmp_path)
    assert (place, outdated) == (None, ())
    assert "course start" in fault


def test_a_folder_without_notebooks_cannot_be_written_to(tmp_path):
    layout.start(tmp_path / "work")
    (tmp_path / "work" / "notebooks").rename(tmp_path / "elsewhere")
    _, fault, _ = machine.look_at_folder(tmp_path / "work")
    assert "cannot be written to" in fault


def test_a_hub_needs_no_browser_of_its_own():
    assert machine.look_for_browser({"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"})


def test_the_command_ends_with_1_where_no_folder_is(tmp_path, capsys):
    assert cli.main(["doctor", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "mend: course start work" in said
    (report,) = line.read_lines(said)
    assert "folder: none" in report.faults


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_a_folder_that_is_none_is_no_fault_of_the_kernel(tmp_path, monkeypatch, capsys, folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert cli.main(["doctor", folder]) == 2
    assert capsys.readouterr().err == f"course: there is no folder {folder}\n"


# The instructor's side.


def lines_of(**changes):
    facts = dataclasses.replace(GOOD, **changes)
    return line.line_of(facts, doctor.examine(facts))


def test_lines_are_read_out_of_mails_that_wrap_and_quote_them():
    sick = lines_of(browser=None, disk=0)
    wrapped = sick.replace("; ", ";\n> ")
    mails = f"From: Ada <ada@b.c>\nHello!\n\n{lines_of()}\n\nGrace:\n\n> {wrapped}\n-- \nbye\n"
    ada, grace = line.read_lines(mails)
    assert (ada.who, ada.faults) == ("Hello!", ())
    assert (grace.who, grace.faults) == ("Grace", ("disk: full", "browser: none"))


def test_a_line_that_was_changed_or_cut_is_called_damaged():
    good = lines_of()
    for damaged in (good.replace("0.1.0", "0.1.1"), good[:-8], good.replace("; ok", "")):
        (report,) = line.read_lines(f"Ada: {damaged}\n")
        assert report.damaged, damaged
    (first, second) = line.read_lines(f"Ada: {good[:-8]}\nGrace: {good}")
    assert (first.damaged, second.damaged, second.who) == (True, False, "Grace")


def test_the_table_has_faults_first_and_counts():
    mails = f"Ada: {lines_of()}\nGrace: {lines_of(browser=None)}\nEmmy: {lines_of(course='0.0.9')}"
    told = line.table(line.read_lines(mails))
    assert told[0].startswith("Grace  browser: none")
    assert "different versions" in told[-2]
    assert told[-1] == "2 of 3 are ready"
    assert line.table([]) == ["no line of course doctor was found"]


def test_the_line_that_the_book_shows_is_whole():
    page = Path(__file__).parents[1] / "book" / "instructors.md"
    (report,) = line.read_lines(page.read_text(encoding="utf-8"))
    assert not report.damaged
    assert report.faults == ("browser: none",)


def test_what_strangers_write_commands_no_terminal():
    told = "\n".join(line.table(line.read_lines(f"\x1b[2JAda\x07 {lines_of()}")))
    assert "\x1b" not in told
    assert "\x07" not in told


def test_the_command_reads_a_file(tmp_path, capsys):
    path = tmp_path / "mails.txt"
    path.write_text(f"Ada: {lines_of()}", encoding="utf-8")
    assert cli.main(["doctor", "--read", str(path)]) == 0
    assert "1 of 1 are ready" in capsys.readouterr().out
    path.write_text(f"Ada: {lines_of()}", encoding="utf-16")  # as the shell of Windows redirects it
    assert cli.main(["doctor", "--read", str(path)]) == 0
    assert "Ada" in capsys.readouterr().out
    path.write_text(json.dumps("nothing"), encoding="utf-8")
    assert cli.main(["doctor", "--read", str(path)]) == 1
