"""Call the class's server, with nothing but Python's own library.

Whoever answers at an address need not be a class: a hotel's sign-in page answers, too. So an answer
counts only if it names the class.
"""

import json
import re
import socket
import threading
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

PORT = 8765
LARGEST = 100_000  # bytes of an answer
SECONDS = 5
ALL_PARTS = 3  # times as long as one part: who sends a byte a second would be read for hours


class Unreachable(Exception):
    """Nobody answered, or not the class."""


class Refused(Exception):
    """The class answered and refused; `why` is a word that the server chose."""

    def __init__(self, status, why):
        super().__init__(f"{status} {why}")
        self.status, self.why = status, why


def base_of(address):
    """Return the start of a class's addresses on the web, from what a learner typed.

    Raises
    ------
    ValueError
        If it is no address.

    Examples
    --------
    >>> base_of("192.168.1.5"), base_of("http://desk.local:9000/board")
    ('http://192.168.1.5:8765', 'http://desk.local:9000')
    """
    found = re.fullmatch(
        r"(?:(https?)://)?([\w.-]+|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?(?:/.*)?", address.strip()
    )
    if not found:
        raise ValueError(address)
    scheme, host, port = found.groups()
    port = port or (443 if scheme == "https" else PORT)
    return f"{scheme or 'http'}://{host}:{port}"


def call(base, path, content, *, token=None, expected=None, seconds=SECONDS):
    """Send a message to a class and return its answer.

    Parameters
    ----------
    base, path : str
        Where to.
    content : dict
        What is sent, as JSON.
    token : str, optional
        Of the learner who sends it.
    expected : str, optional
        The id of the class that is meant: at an address there may be another one tomorrow.
    seconds : float
        How long to wait for each part of an answer; for all of it, `ALL_PARTS` times as long.

    Raises
    ------
    Unreachable, Refused
    """
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    parts = urlsplit(base)
    # It goes through no proxy, for that is not in the room, and to no other place that it is told.
    kind = {"http": HTTPConnection, "https": HTTPSConnection}[parts.scheme]
    try:
        with closing(kind(parts.netloc, timeout=seconds)) as connection:
            connection.connect()
            with _ended_after(ALL_PARTS * seconds, connection.sock):
                connection.request("POST", path, json.dumps(content), headers)
                answer = connection.getresponse()
                said = _read(answer, expected)
    except Unreachable:
        raise
    except Exception as error:  # of the network there is no list of all that can go wrong
        raise Unreachable(str(error)) from None
    if answer.status != 200:
        raise Refused(answer.status, said.get("refused"))
    return said


@contextmanager
def _ended_after(seconds, line):
    """Hang up after a while, whatever the other side still says."""

    def hang_up():
        with suppress(OSError):  # they have hung up
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(answer, expected):
    try:
        content = json.loads(answer.read(LARGEST))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("class"), str):
        raise Unreachable("something else than a class answered")
    if expected not in (None, content["class"]):
        raise Unreachable("another class answered")
    return content
