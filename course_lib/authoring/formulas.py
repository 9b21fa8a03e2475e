"""Formulas as HTML and MathML, made by KaTeX while pages are built: readers need no script."""

import atexit
import json
import re
import shutil
import subprocess
from functools import cache

from course_lib.authoring.figures import tool_path
from course_lib.authoring.source import ROOT

KATEX = ROOT / "node_modules" / "katex" / "dist"

# Answers each line, a formula, with a line: its HTML, or what is wrong with it.
SERVER = """
const katex = require(process.argv[1]);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { latex, displayMode } = JSON.parse(line);
  let answer;
  try {
    answer = { html: katex.renderToString(latex, { displayMode, strict: "ignore" }) };
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer));
});
"""


def typeset(latex, *, display=False):
    """Return a formula as HTML, with MathML for who listens to it.

    Raises
    ------
    ValueError
        If KaTeX does not understand it, or is not installed.
    """
    katex = _katex()
    print(json.dumps({"latex": latex, "displayMode": display}), file=katex.stdin, flush=True)
    answer = json.loads(katex.stdout.readline())
    if "error" in answer:
        raise ValueError(f"{latex}: {answer['error']}")
    return answer["html"]


def copy_style(folder):
    """Lay KaTeX's style sheet and its fonts, in the one format that all browsers read, there."""
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    for font in (KATEX / "fonts").glob("*.woff2"):
        shutil.copyfile(font, folder / "fonts" / font.name)
    style = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    others = re.compile(r',url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)')
    (folder / "katex.css").write_text(others.sub("", style), encoding="utf-8")


@cache
def _katex():
    node = shutil.which("node", path=tool_path())
    if node is None or not KATEX.is_dir():
        raise ValueError("formulas need Node and KaTeX: `make .venv/.tools` installs both")
    command = [node, "-e", SERVER, str(KATEX / "katex.min.js")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    katex = subprocess.Popen(command, text=True, encoding="utf-8", **pipes)

    def end():
        katex.stdin.close()
        katex.stdout.close()
        katex.wait()

    atexit.register(end)
    return katex
