"""Fetch the book's scripts of others again (needs npm), or check those that are here.

``python book/vendor.py`` fetches, ``python book/vendor.py --check`` only compares. `PINS` is the
one place where versions stand; the table in _static/vendor/README.md is written from it.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parent / "_static" / "vendor"
RULE = "| --- | --- | --- | --- | --- |\n"

REQUIRE = ("requirejs", "2.3.8", "MIT")
MANAGER = ("@jupyter-widgets/html-manager", "1.0.15", "BSD-3-Clause")
MATHJAX = ("mathjax", "3.2.2", "Apache-2.0")

# File in the book: (package, version, licence), file in the package.
PINS = {
    "require.js": (REQUIRE, "require.js"),
    "embed-amd.js": (MANAGER, "dist/embed-amd.js"),
    "html-manager-notices.txt": (MANAGER, "dist/embed.js.LICENSE.txt"),
    "tex-svg.js": (MATHJAX, "es5/tex-svg.js"),
    "mathjax-LICENSE.txt": (MATHJAX, "LICENSE"),
}


def row(name, folder=VENDOR):
    """Return the row of the table for the file as it is."""
    (package, version, licence), _ = PINS[name]
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return f"| {name} | {package} | {version} | {licence} | `{digest}` |"


def changed(folder=VENDOR):
    """Return the files of a folder that are not what the table of its README.md says."""
    table = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    return [name for name in PINS if row(name, folder) not in table]


def fetch():
    """Fetch every pinned package with npm, copy what the book needs, and write the table anew."""
    for package in (REQUIRE, MANAGER, MATHJAX):
        with tempfile.TemporaryDirectory() as folder:
            command = ["npm", "pack", "--silent", f"{package[0]}@{package[1]}"]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            (archive,) = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as packed:
                for name, (owner, member) in PINS.items():
                    if owner == package:
                        content = packed.extractfile(f"package/{member}").read()
                        (VENDOR / name).write_bytes(content)
    readme = VENDOR / "README.md"
    above, rule, _ = readme.read_text(encoding="utf-8").partition(RULE)
    readme.write_text(above + rule + "\n".join(map(row, PINS)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        fetch()
    if changed():
        sys.exit(f"not what README.md says: {', '.join(changed())}")
