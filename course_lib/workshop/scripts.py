"""The scripts of a pack, which install and start the course without a network, and its README."""

SH = """#!/bin/sh
# Installs the course into the folder env beside this script. Needs Python {python}, no network.
set -eu
cd "$(dirname "$0")"
python=${{PYTHON:-python{python}}}
command -v "$python" >/dev/null || \\
  {{ echo "Python {python} is needed: $python is not here." >&2; exit 1; }}
"$python" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "{python}")' || \\
  {{ echo "This pack is for Python {python}, and $python is another." >&2; exit 1; }}
"$python" -m venv env
env/bin/python -m pip install --disable-pip-version-check --quiet --no-index \\
  --find-links wheels --require-hashes -r requirements.txt
env/bin/course start work
env/bin/course doctor work || true
echo
echo "Installed. Start with {start}"
"""

SH_START = """#!/bin/sh
# Opens the course in JupyterLab.
cd "$(dirname "$0")"
PATH="$PWD/env/bin:$PATH" exec env/bin/jupyter lab --ServerApp.root_dir="$PWD/work" \\
  --LabApp.default_url=/lab/tree/notebooks "$@"
"""

BAT = """@echo off
rem Installs the course into the folder env beside this file. Needs Python {python}, no network.
cd /d "%~dp0"
py -{python} -c "" 2>nul
if errorlevel 1 (
  echo Python {python} is needed: install it, with the launcher "py", and click here again.
  goto failed
)
py -{python} -m venv env || goto failed
env\\Scripts\\python -m pip install --disable-pip-version-check --quiet --no-index ^
  --find-links wheels --require-hashes -r requirements.txt || goto failed
env\\Scripts\\course start work || goto failed
env\\Scripts\\course doctor work
echo.
echo Installed. Start with a double click on start.bat
pause
exit /b 0
:failed
echo.
echo It was not installed. Show the lines above to your instructor.
pause
exit /b 1
"""

BAT_START = """@echo off
rem Opens the course in JupyterLab.
cd /d "%~dp0"
set "PATH=%CD%\\env\\Scripts;%PATH%"
env\\Scripts\\jupyter lab --ServerApp.root_dir="%CD%\\work" --LabApp.default_url=/lab/tree/notebooks
"""

README = """Self-attention as a directed graph: the course, for a room without a network

For {system}, Python {python}, which must be installed already.

1. Copy this folder to your computer, into a plain folder of your own.
2. {install}
3. {start}

You work in the folder work. {book}

The file requirements.txt holds the hash of each wheel: a damaged copy is refused.
"""

NAMES = {
    "linux": (
        "install.sh",
        "start.sh",
        "Linux on x86-64",
        "Run  sh install.sh",
        "Run  sh start.sh",
    ),
    "macos": (
        "install.command",
        "start.command",
        "macOS on Apple silicon",
        "Double-click install.command",
        "Double-click start.command",
    ),
    "windows": (
        "install.bat",
        "start.bat",
        "Windows on x86-64",
        "Double-click install.bat",
        "Double-click start.bat",
    ),
}


def texts(target, *, book):
    """Return the scripts and the README of a pack: name -> text."""
    install, start, system, how_to_install, how_to_start = NAMES[target.platform]
    readme = README.format(
        system=system,
        python=target.python,
        install=how_to_install,
        start=how_to_start,
        book="The book is in book/index.html; open it in a browser." if book else "",
    )
    if target.platform == "windows":
        scripts = {install: BAT.format(python=target.python), start: BAT_START}
    else:
        scripts = {install: SH.format(python=target.python, start=start), start: SH_START}
    made = {"README.txt": readme, **scripts}
    if target.platform == "windows":  # whose editor and shell want these ends of lines
        made = {name: text.replace("\n", "\r\n") for name, text in made.items()}
    return made
