"""Ask pip for the wheels of another computer: which, how large, and into which folder."""

import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@dataclass(frozen=True)
class Wheel:
    """A file that an index offers: its package, name, address, hash and requirements."""

    package: str
    version: str
    url: str
    sha256: str
    requires: tuple = ()

    @property
    def name(self):
        """The file's name."""
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


def find(needed, target, indexes=()):
    """Return the wheel of each package for a target; nothing is downloaded but metadata.

    Raises
    ------
    ValueError
        If nobody answers at an index, pip finds no wheel, or one that needs more than is asked for.
    """
    for index in indexes:
        reach(index)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        wanted = Path(folder, "wanted.txt")
        wanted.write_text("".join(f"{name}=={version}\n" for name, version in needed.items()))
        arguments = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--target", folder]
        arguments += ["--report", str(report), "-r", str(wanted), *_extra(indexes)]
        _pip([*arguments, *target.pip_options()])
        found = [_wheel(item) for item in json.loads(report.read_text(encoding="utf-8"))["install"]]
    lacking = missing(found, target)
    if lacking:
        listed = "; ".join(f"{package} wants {', '.join(lines)}" for package, lines in lacking)
        raise ValueError(
            f"the wheels that pip finds need more than constraints.txt pins: {listed}. For PyTorch "
            "on Linux this means that pip found the build for graphics cards, which brings "
            "gigabytes: name an index with the CPU build, --index ADDRESS (see pytorch's site)"
        )
    return found


def reach(index, seconds=10):
    """Raise ValueError if nobody answers at an index on the web.

    pip would ask there six times for each package, and wait longer every time.
    """
    parts = urlsplit(index)
    if parts.scheme not in ("http", "https"):
        return
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2])  # without a password
    try:
        with urllib.request.urlopen(address.geturl(), timeout=seconds):
            return
    except urllib.error.HTTPError as error:  # somebody is there, and pip knows what to ask
        error.close()
    except (OSError, ValueError, HTTPException) as error:
        why = getattr(error, "reason", error)
        if not isinstance(why, ssl.SSLError):  # pip may have certificates of its own
            told = getattr(why, "strerror", None) or why
            raise ValueError(f"no index answers at {address.geturl()}: {told}") from None


def missing(wheels, target):
    """Return what wheels need on a target that is not among them: pairs (package, lines)."""
    there = {wheel.package: wheel.version for wheel in wheels}
    found = []
    for wheel in wheels:
        wanted = [r for r in map(Requirement, wheel.requires) if target.applies(r)]
        lines = [str(r) for r in wanted if not _is_there(r, there)]
        found += [(wheel.package, lines)] if lines else []
    return found


def sizes(wheels, seconds=20):
    """Return the bytes of each wheel by its name; None where the index does not say."""
    with ThreadPoolExecutor(8) as pool:
        known = pool.map(lambda wheel: _size(wheel.url, seconds), wheels)
    return dict(zip((wheel.name for wheel in wheels), known, strict=True))


def fetch(wheels, folder, target, *, many=12):
    """Put wheels into a folder, except those that are there already with the right hash.

    Yields
    ------
    Wheel
        Each, once it is there. pip is asked for several at a time; who is interrupted keeps those
        that have arrived.

    Raises
    ------
    ValueError
        If what arrives is not what the index announced.
    """
    waiting = []
    for wheel in wheels:
        path = Path(folder) / wheel.name
        if path.is_file() and sha256(path) == wheel.sha256:
            yield wheel
        else:
            waiting.append(wheel)
    for start in range(0, len(waiting), many):
        yield from _fetch(waiting[start : start + many], folder, target)


def _fetch(wheels, folder, target):
    # Beside the others, so that each move is one step and no half a wheel is left.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as draft:
        addresses = [f"{wheel.url}#sha256={wheel.sha256}" for wheel in wheels]
        _pip(["download", "--no-deps", "--dest", draft, *target.pip_options(), *addresses])
        for wheel in wheels:
            arrived = Path(draft) / wheel.name
            if not arrived.is_file() or sha256(arrived) != wheel.sha256:
                raise ValueError(f"{wheel.name} arrived damaged: try again")
            arrived.replace(Path(folder) / wheel.name)
            yield wheel


def sha256(path):
    """Return the hash of a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wheel(item):
    metadata, source = item["metadata"], item["download_info"]
    return Wheel(
        package=canonicalize_name(metadata["name"]),
        version=metadata["version"],
        url=source["url"],
        sha256=source["archive_info"]["hashes"]["sha256"],
        requires=tuple(metadata.get("requires_dist", ())),
    )


def _is_there(requirement, there):
    version = there.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version)


def _size(url, seconds):
    if urlsplit(url).scheme == "file":
        return os.path.getsize(urllib.request.url2pathname(urlsplit(url).path))
    try:
        request = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return int(answer.headers["Content-Length"])
    except (OSError, ValueError, TypeError):
        return None


def _extra(indexes):
    return [f"--extra-index-url={index}" for index in indexes]


def _pip(arguments):
    done = subprocess.run([*PIP, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise ValueError(f"pip: {(told or done.stderr.splitlines() or ['no answer'])[-1]}")
