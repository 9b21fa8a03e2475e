"""A pack for a room without a network: the right wheels for each computer, and nothing lost."""

import functools
import hashlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pip
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_lib import cli
from course_lib.workshop import fetch, pack, scripts
from course_lib.workshop.machine import PACKAGE
from course_lib.workshop.pins import PYTHONS, SYSTEMS, Target, installed_requires, needed, pinned

ROOT = Path(__file__).resolve().parents[1]
TARGETS = [Target(*both) for both in itertools.product(SYSTEMS, PYTHONS)]
HERE = Target("linux", f"{sys.version_info.major}.{sys.version_info.minor}")


@functools.cache
def on(platform):
    return needed(Target(platform, "3.12"))


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.platform}-{t.python}")
def test_all_that_is_needed_is_pinned(target):
    found = needed(target)
    assert len(found) > 100
    wanted = {canonicalize_name(r.name) for r in map(Requirement, installed_requires(PACKAGE))
              if target.applies(r)}  # fmt: skip
    assert wanted <= set(found)


def test_each_system_has_what_only_it_needs():
    linux, windows, macos = map(on, ("linux", "windows", "macos"))
    assert set(windows) - set(linux) == {"colorama", "pywinpty"}
    assert set(linux) - set(windows) == {"pexpect", "ptyprocess"}
    assert set(macos) - set(linux) == {"appnope"}
    assert "setuptools" in linux  # PyTorch wants it


def test_what_tests_and_the_book_need_is_not_packed():
    assert not {"hypothesis", "sphinx", "playwright", "transformers"} & set(on("linux"))


def test_a_missing_pin_and_a_pin_out_of_range_are_seen():
    target = Target("windows", "3.12")
    pins = pinned(target)
    without = {name: version for name, version in pins.items() if name != "colorama"}
    with pytest.raises(ValueError, match="a pin for colorama"):
        needed(target, without)
    with pytest.raises(ValueError, match="a pin for numpy"):
        needed(target, pins | {"numpy": "1.26.4"})


def test_markers_are_judged_for_the_target():
    requires = {PACKAGE: ['a; os_name == "nt"', 'b[x]; python_version < "3.12"'],
                "b": ['c; extra == "x"', 'd; extra == "y"']}  # fmt: skip
    pins = dict.fromkeys("abcd", "1")

    def got(platform, python):
        return set(needed(Target(platform, python), pins, lambda name: requires.get(name, [])))

    assert got("windows", "3.12") == {"a"}
    assert got("macos", "3.11") == {"b", "c"}


@pytest.mark.parametrize("wrong", [("solaris", "3.12"), ("linux", "3.9")])
def test_what_the_course_does_not_run_on_is_refused(wrong):
    with pytest.raises(ValueError, match="must be one of"):
        Target(*wrong)


def test_wheels_that_need_more_than_is_packed_are_seen():
    torch = fetch.Wheel("torch", "2", "u", "h", ('cuda; platform_system == "Linux"', "numpy>=1"))
    numpy = fetch.Wheel("numpy", "2.4", "u", "h")
    assert fetch.missing([torch, numpy], Target("windows", "3.12")) == []
    ((package, lines),) = fetch.missing([torch, numpy], Target("linux", "3.12"))
    assert package == "torch"
    assert lines[0].startswith("cuda")


# A small world: an index that is a folder, with two packages in it.


def make_wheel(folder, name, version, requires=()):
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
    files = {
        f"{name}.py": "value = 1\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in files.items():
            wheel.writestr(member, text)
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return the wheels of a small world, as pip's report would name them."""
    folder = tmp_path_factory.mktemp("index")
    paths = [make_wheel(folder, "pebble", "1.0"), make_wheel(folder, "stone", "2.0", ["pebble"])]
    return [
        fetch.Wheel(
            package=path.name.split("-")[0],
            version=path.name.split("-")[1],
            url=path.as_uri(),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in paths
    ]


@pytest.fixture(scope="module")
def packed(world, tmp_path_factory):
    """Return a pack with the wheels of the small world and the course's own."""
    folder = tmp_path_factory.mktemp("pack") / "pack"
    book = tmp_path_factory.mktemp("book")
    (book / "index.html").write_text("a book")
    (book / ".doctrees").mkdir()
    pack.claim(folder, HERE)
    planned = pack.Plan(HERE, world, fetch.sizes(world))
    assert pack.fill(folder, planned, book=book) == []
    return folder


def test_an_index_where_nobody_answers_is_told_before_pip_asks_for_each_package(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(fetch, "_pip", lambda arguments: pytest.fail("pip was asked"))
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/simple"
    for index in (dead, "http://me:secret@127.0.0.1:1/simple", "http://localhost:x/simple"):
        call = ["pack", "--platform", "linux", "--to", str(tmp_path / "p"), "--index", index]
        assert cli.main(call) == 2
        said = capsys.readouterr().err
        assert said.startswith("course: no index answers at http://")
        assert said.count("\n") == 1
        assert "secret" not in said


def test_an_index_that_answers_anything_is_left_to_pip():
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(403)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.handle_request).start()
        fetch.reach(f"http://127.0.0.1:{server.server_port}/simple")
    fetch.reach("file:///nowhere")


def test_an_index_that_says_nothing_is_not_waited_for():
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        with pytest.raises(ValueError, match=r"no index answers .*timed out"):
            fetch.reach(address, seconds=0.2)


def test_sizes_are_told_before_anything_is_fetched(world, tmp_path):
    planned = pack.Plan(HERE, world, fetch.sizes(world))
    assert all(size > 0 for size in planned.sizes.values())
    (line,) = planned.told(tmp_path)
    assert line.startswith("2 wheels for linux")
    unknown = pack.Plan(HERE, world, dict.fromkeys(planned.sizes))
    assert "does not say how large 2" in "\n".join(unknown.told(tmp_path))
    dead = fetch.Wheel("gone", "1", "http://127.0.0.1:9/gone-1-py3-none-any.whl", "h")
    assert fetch.sizes([dead], seconds=1) == {"gone-1-py3-none-any.whl": None}


def test_the_pack_holds_scripts_hashes_and_the_book(packed):
    there = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()}
    assert {"README.txt", "install.sh", "start.sh", "requirements.txt", pack.MARK} <= there
    assert "book/index.html" in there
    assert not (packed / "book" / ".doctrees").exists()
    lines = (packed / "requirements.txt").read_text().splitlines()
    assert len(lines) == 3
    assert all("--hash=sha256:" in line for line in lines)
    assert os.access(packed / "install.sh", os.X_OK)


def test_what_is_there_with_the_right_hash_is_kept_and_what_is_damaged_is_not(packed, world):
    whole, damaged = (packed / "wheels" / wheel.name for wheel in world)
    before = whole.stat().st_mtime_ns
    damaged.write_bytes(b"half")
    planned = pack.Plan(HERE, world, fetch.sizes(world))
    assert "1 are in" in "\n".join(planned.told(packed))
    assert {w.name for w in fetch.fetch(world, packed / "wheels", HERE)} == {w.name for w in world}
    assert whole.stat().st_mtime_ns == before
    assert fetch.sha256(damaged) == world[1].sha256
    assert not list((packed / "wheels").glob(".*"))


def test_what_arrives_changed_is_refused(world, tmp_path):
    wrong = fetch.Wheel(world[0].package, world[0].version, world[0].url, "0" * 64)
    with pytest.raises(ValueError, match=r"pip|damaged"):
        list(fetch.fetch([wrong], tmp_path, HERE))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_pack_is_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="no pack"):
        pack.claim(tmp_path / "mine", HERE)
    pack.claim(tmp_path / "pack", HERE)
    pack.claim(tmp_path / "pack", HERE)
    with pytest.raises(ValueError, match="another computer"):
        pack.claim(tmp_path / "pack", Target("windows", "3.12"))
    for damaged in ("{", "[" * 100_000):
        (tmp_path / "pack" / pack.MARK).write_text(damaged)
        with pytest.raises(ValueError, match="another computer"):
            pack.claim(tmp_path / "pack", HERE)


def test_a_pack_without_a_book_says_so(tmp_path):
    assert "make book" in pack._copy_book(tmp_path / "nothing", tmp_path / "book")[0]


@pytest.mark.parametrize("platform", SYSTEMS)
def test_scripts_ask_for_no_network(platform):
    made = scripts.texts(Target(platform, "3.12"), book=True)
    install = made[scripts.NAMES[platform][0]]
    for needed_option in ("--no-index", "--find-links wheels", "--require-hashes"):
        assert needed_option in install
    assert "{" not in made["README.txt"]
    assert "3.12" in install
    assert ("\r\n" in install) == (platform == "windows")


def test_the_script_of_a_shell_is_one():
    shell = shutil.which("sh")
    for name, text in scripts.texts(HERE, book=False).items():
        if name.endswith(".sh"):
            subprocess.run([shell, "-n"], input=text, text=True, check=True)


def without_network():
    """Return the command that takes the network away, where the system lets us."""
    probe = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    return ["unshare", "-rn"] if probe.returncode == 0 else []


def test_the_pack_is_installed_without_any_network(packed, tmp_path):
    # The small world stands for the wheels; the full pack was installed by hand in the same way.
    room = tmp_path / "room"
    shutil.copytree(packed, room)
    script = (room / "install.sh").read_text()
    # The course's wheel wants what the small world lacks, so it alone comes without.
    script = script.replace("--require-hashes", "--no-deps --require-hashes")
    # Python would take seconds to lay out pip anew; we lend ours, and it need not compile.
    script = script.replace("-m venv env", "-m venv --without-pip env")
    (room / "install.sh").write_text(script[: script.index("env/bin/course start")])
    (tmp_path / "lent").mkdir()
    (tmp_path / "lent" / "pip").symlink_to(Path(pip.__file__).parent)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_COMPILE": "0", "PYTHON": sys.executable}
    environment |= {"PYTHONPATH": str(tmp_path / "lent")}
    isolated = without_network() if shutil.which("unshare") else []
    done = subprocess.run(
        [*isolated, "sh", str(room / "install.sh")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    asked = "import stone, pebble, importlib.metadata as m; print(m.version('stone'))"
    said = subprocess.run(
        [room / "env" / "bin" / "python", "-c", asked],
        env=environment, cwd=room, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip()
    # One byte changed on the way, and it is refused.
    (broken,) = (room / "wheels").glob("pebble*")
    broken.write_bytes(broken.read_bytes() + b"\0")
    command = ["-m", "pip", "install", "--force-reinstall", "--no-index", "--no-deps"]
    command += ["--find-links", "wheels", "--require-hashes", "-r", "requirements.txt"]
    done = subprocess.run(
        [room / "env" / "bin" / "python", *command],
        env=environment, cwd=room, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "HASHES" in done.stderr


def test_the_command_refuses_before_it_asks_the_index(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    arguments = ["pack", "--platform", "linux", "--to", str(tmp_path)]
    assert cli.main(arguments) == 2
    assert "no pack" in capsys.readouterr().err
