"""The server: learners join, tell and leave; the instructor looks, releases and exports.

Two kinds of people, two secrets. The code, which everybody in the room knows, lets one join and
gives a token, and with it one speaks for oneself alone. The key, which only the terminal of the
instructor shows, opens the board. Learners see which solutions are released, and of others nothing.
"""

import asyncio
import sqlite3
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from course_lib import theme
from course_lib.classroom import codes, export, summary
from course_lib.classroom.events import Malformed, exercise_keys, read_events
from course_lib.classroom.limits import Limit
from course_lib.classroom.names import NameRefused, clean_name
from course_lib.classroom.store import Full, Unknown
from course_lib.classroom.wire import (
    Refused,
    address_of,
    content_of,
    same_origin,
    token_of,
    with_headers,
)

PAGE = Path(__file__).with_name("board")
FILES = {
    "board.js": (PAGE / "board.js", "text/javascript"),
    "grid.js": (PAGE / "grid.js", "text/javascript"),
    "board.css": (PAGE / "board.css", "text/css"),
    "colours.css": (Path(theme.__file__).with_name("colours.css"), "text/css"),
}
COOKIE = "course_board"


class Classroom:
    """The pages and what is behind them.

    Parameters
    ----------
    store : Store
    address : str
        By which learners reach it, for the board to show.
    """

    def __init__(self, store, address=""):
        self.store, self.address = store, address
        self._cookie = codes.digest(f"board of {store.id}: {store.key}")
        # A class may sit behind one address, and mistype: a few dozen at once are no attack.
        self._wrong_codes = Limit(burst=60, rate=1)
        self._wrong_keys = Limit(burst=10, rate=0.2)
        self._joins = Limit(burst=600, rate=10)
        # A learner who was away for a lesson sends hundreds of events at once, and none is lost.
        self._events = Limit(burst=1000, rate=20)
        self._boot = codes.new_secret()[:8]
        self._drawn = (None, None)
        self._drawing = anyio.Lock()

    # --- learners ---------------------------------------------------------------------------------

    async def which(self, request):
        """Say which class this is."""
        return JSONResponse({"class": self.store.id})

    async def join(self, request):
        """Take a learner in, or give one another name."""
        content = await content_of(request)
        address = address_of(request)
        _wait_for(self._wrong_codes, address)
        _wait_for(self._joins, address)
        self._joins.take(address)
        if not codes.same_code(content.get("code"), self.store.code):
            self._wrong_codes.take(address)
            raise Refused(403, "code")
        token = content.get("token")
        if not isinstance(token, str) or not 20 <= len(token) <= 100 or not token.isascii():
            raise Refused(400, "token")
        try:
            name = clean_name(content.get("name"))
        except NameRefused:
            raise Refused(400, "name") from None
        await _done(self.store.join(token, name))
        return JSONResponse({"class": self.store.id, "name": name})

    async def tell(self, request):
        """Take events; an empty list asks only what is released."""
        token = token_of(request)
        _wait_for(self._events, token)
        events, unknown = read_events(await content_of(request))
        await _done(self.store.add(token, events))
        self._events.take(token, len(events) or 0.1)  # only of who is somebody
        released = await _aside(self.store.read, "SELECT key FROM released ORDER BY key")
        told = {"unknown": unknown, "released": [key for (key,) in released]}
        return JSONResponse({"class": self.store.id} | told)

    async def leave(self, request):
        """Forget who asks for it."""
        await content_of(request)
        await _done(self.store.leave(token_of(request)))
        return JSONResponse({"class": self.store.id})

    # --- the instructor ---------------------------------------------------------------------------

    async def page(self, request):
        """Return the board's page, which holds nothing of the class."""
        return FileResponse(PAGE / "board.html", media_type="text/html")

    async def file(self, request):
        """Return the page's script or its look."""
        name = request.path_params["name"]
        if name not in FILES:
            raise Refused(404, "file")
        path, media = FILES[name]
        return FileResponse(path, media_type=media)

    async def open(self, request):
        """Open the board for a browser that has the key."""
        content = await content_of(request)
        same_origin(request)
        address = address_of(request)
        _wait_for(self._wrong_keys, address)
        key = content.get("key")
        if not isinstance(key, str) or not codes.same(key.strip(), self.store.key):
            self._wrong_keys.take(address)
            raise Refused(403, "key")
        answer = JSONResponse({"open": True})
        answer.set_cookie(COOKIE, self._cookie, httponly=True, samesite="strict", path="/board")
        return answer

    async def data(self, request):
        """Return what the board shows, or nothing if the browser has it already."""
        self._is_open(request)
        version = f"{self._boot}-{await _aside(self.store.version)}"
        if request.query_params.get("version") == version:
            return Response(status_code=204)
        async with self._drawing:  # several boards ask at once; one answer does for all
            if self._drawn[0] != version:
                self._drawn = (version, await _aside(summary.board, self.store))
        more = {"version": version, "now": self.store.now()}
        more["join"] = f"course join {self.address or request.url.netloc} {self.store.code}"
        return JSONResponse(self._drawn[1] | more)

    async def change(self, request):
        """Release or hold back solutions, take a learner off, or clear the board."""
        self._is_open(request)
        same_origin(request)
        content = await content_of(request)
        match content:
            case {"do": "release" | "hold back" as what, "keys": list(keys)} if all(
                key in exercise_keys() for key in keys
            ):
                change = self.store.release(keys, what == "release")
            case {"do": "remove", "learner": int(number)} if 0 <= number < 2**63:
                change = self.store.remove(number)
            case {"do": "clear"}:
                change = self.store.clear()
            case _:
                raise Refused(400, "change")
        await _done(change)
        return JSONResponse({"done": True})

    async def export(self, request):
        """Return the board as a file."""
        self._is_open(request)
        kind = request.path_params["kind"]
        kinds = {
            "class.csv": (export.as_csv, "text/csv"),
            "class.json": (export.as_json, "application/json"),
            "minutes.json": (export.minutes_as_json, "application/json"),
        }
        if kind not in kinds:
            raise Refused(404, "file")
        make, media = kinds[kind]
        named = {"Content-Disposition": f'attachment; filename="{kind}"'}
        return Response(await _aside(make, self.store), media_type=media, headers=named)

    def _is_open(self, request):
        if not codes.same(request.cookies.get(COOKIE, ""), self._cookie):
            raise Refused(401, "key")


def make_app(store, address=""):
    """Return the ASGI application of a class."""
    room = Classroom(store, address)
    routes = [
        Route("/class", room.which, methods=["POST"]),
        Route("/join", room.join, methods=["POST"]),
        Route("/events", room.tell, methods=["POST"]),
        Route("/leave", room.leave, methods=["POST"]),
        Route("/", lambda request: RedirectResponse("/board")),
        Route("/board", room.page),
        Route("/board/open", room.open, methods=["POST"]),
        Route("/board/data", room.data),
        Route("/board/change", room.change, methods=["POST"]),
        Route("/board/export/{kind}", room.export),
        Route("/board/files/{name}", room.file),
    ]

    def told(status):
        async def tell(request, error):
            detail = error.detail if isinstance(error, HTTPException) else type(error).__name__
            content = {"class": store.id, "refused": str(detail).lower()}
            headers = getattr(error, "headers", None)
            return JSONResponse(content, getattr(error, "status_code", status), headers)

        return tell

    handlers = {
        HTTPException: told(400),
        Malformed: told(400),
        Unknown: told(401),
        Full: told(507),
        sqlite3.Error: told(503),
        ClientDisconnect: told(400),
    }
    return with_headers(Starlette(routes=routes, exception_handlers=handlers))


def _wait_for(limit, key):
    seconds = limit.wait(key)
    if seconds:
        raise Refused(429, "rate", {"Retry-After": str(int(seconds) + 1)})


async def _done(future):
    """Wait until the store has a change on the disk."""
    return await asyncio.wrap_future(future)


async def _aside(function, *arguments):
    """Run what reads the file in a thread, so that others need not wait."""
    return await anyio.to_thread.run_sync(function, *arguments)
