"""Fetch the book's scripts of others again (needs npm), or list what is there.

The pins below are the one place where versions stand; the table in _static/vendor/README.md is
written from them.
"""

import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parent / "_static" / "vendor"

# File in the book: npm package, version, file in the package, licence.
PINS = {
    "require.js": ("requirejs", "2.3.8", "require.js", "MIT"),
    "embed-amd.js": (
        "@jupyter-widgets/html-manager",
        "1.0.15",
        "dist/embed-amd.js",
        "BSD-3-Clause",
    ),
    "tex-svg.js": ("mathjax", "3.2.2", "es5/tex-svg.js", "Apache-2.0"),
}


def sha256(path):
    """Return the hash of a file in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def table_rows():
    """Return the rows of the table in README.md for the files as they are."""
    return [
        f"| {name} | {package} | {version} | {licence} | `{sha256(VENDOR / name)}` |"
        for name, (package, version, _, licence) in PINS.items()
    ]


def fetch():
    """Fetch every pinned package with npm and copy the one file that the book needs."""
    for name, (package, version, member, _) in PINS.items():
        with tempfile.TemporaryDirectory() as folder:
            command = ["npm", "pack", "--silent", f"{package}@{version}"]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            (archive,) = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as packed:
                text = packed.extractfile(f"package/{member}").read()
        (VENDOR / name).write_bytes(text)


def write_table():
    """Write the table of README.md anew."""
    readme = VENDOR / "README.md"
    above, rule, _ = readme.read_text(encoding="utf-8").partition(
        "| --- | --- | --- | --- | --- |\n"
    )
    readme.write_text(above + rule + "\n".join(table_rows()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    fetch()
    write_table()
