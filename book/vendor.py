"""Bundle the widget manager of the book's pages again (needs npm), or check what is here.

``python book/vendor.py`` installs the packages of manager/package-lock.json, which says every
version, and bundles manager/manager.js with them; ``python book/vendor.py --check`` only compares
the files with the hashes in _static/vendor/README.md.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BOOK = Path(__file__).resolve().parent
VENDOR = BOOK / "_static" / "vendor"
ESBUILD = BOOK.parent / "node_modules" / ".bin" / "esbuild"
FILES = ("manager.js", "manager.css", "manager-licences.txt")
RULE = "| --- | --- |\n"
OPTIONS = [
    "--bundle",
    "--minify",
    "--format=iife",
    "--legal-comments=none",
    "--loader:.svg=dataurl",
]


def row(name, folder=VENDOR):
    """Return the row of the table for the file as it is."""
    return f"| {name} | `{hashlib.sha256((folder / name).read_bytes()).hexdigest()}` |"


def changed(folder=VENDOR):
    """Return the files of a folder that are not what the table of its README.md says."""
    table = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    return [name for name in FILES if row(name, folder) not in table]


def bundle():
    """Install the pinned packages in a folder that is thrown away, and bundle what is used."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(shutil.copytree(BOOK / "manager", Path(folder, "manager")))
        subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=work, check=True)
        alias = "--alias:sanitize-html=./plain_labels.js"
        outputs = ["--outfile=manager.out.js", "--metafile=used.json"]
        command = [ESBUILD, "manager.js", *OPTIONS, alias, *outputs, "--log-level=warning"]
        subprocess.run(command, cwd=work, check=True)
        for kind in ("js", "css"):
            shutil.copyfile(work / f"manager.out.{kind}", VENDOR / f"manager.{kind}")
        used = json.loads((work / "used.json").read_text(encoding="utf-8"))["inputs"]
        text = "\n\n".join(licences(work, used))
        (VENDOR / "manager-licences.txt").write_text(text + "\n", encoding="utf-8")
    readme = VENDOR / "README.md"
    above, rule, _ = readme.read_text(encoding="utf-8").partition(RULE)
    readme.write_text(above + rule + "\n".join(map(row, FILES)) + "\n", encoding="utf-8")


def licences(work, used):
    """Yield name, version and licence of each package of which the bundle has a file."""
    package = re.compile(r"node_modules/(?:@[^/]+/)?[^/]+(?=/)")
    for folder in sorted({match[0] for match in map(package.match, used) if match}):
        facts = json.loads((work / folder / "package.json").read_text(encoding="utf-8"))
        texts = sorted(
            path for path in (work / folder).iterdir() if re.match("(?i)licen", path.name)
        )
        said = texts[0].read_text(encoding="utf-8").strip() if texts else facts["license"]
        yield f"=== {facts['name']} {facts['version']} ({facts['license']})\n\n{said}"


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        bundle()
    if changed():
        sys.exit(f"not what README.md says: {', '.join(changed())}")
