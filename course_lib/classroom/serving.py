"""``course class``: find an address, say it with the code, and serve until Ctrl+C."""

import os
import socket
from contextlib import closing

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from course_lib.classroom.app import make_app
from course_lib.classroom.calling import PORT
from course_lib.classroom.store import Store

ANY = "0.0.0.0"  # every network that this machine is in
PATIENCE = 15  # seconds without a request
CONNECTIONS = 2000  # at once; beyond that, the course of a learner tries again later


class Impatient(H11Protocol):
    """A connection that is closed if nothing is asked on it for a while.

    uvicorn waits for ever for the rest of a request's head, so that one machine could hold all
    connections there are.
    """

    def connection_made(self, transport):
        """Begin to watch."""
        super().connection_made(transport)
        self._watch(None)

    def _watch(self, before):
        self.loop.call_later(PATIENCE, self._look, before)

    def _look(self, before):
        if self.transport.is_closing():
            return
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.cycle is before:
            self.transport.close()
        else:
            self._watch(self.cycle)


def serve(path, *, host=ANY, port=PORT):
    """Serve the class in a file, which is made if there is none, until it is interrupted.

    Raises
    ------
    ValueError
        If the file holds something else, or nothing can listen at the address.
    """
    with closing(listen(host, port)) as listening, closing(Store(path)) as store:
        port = listening.getsockname()[1]
        address = f"{(lan_address() if host == ANY else host) or 'localhost'}:{port}"
        print(*lines(store, path, address, port), sep="\n", flush=True)
        server_of(store, address).run(sockets=[listening])


def server_of(store, address):
    """Return uvicorn's server for a class."""
    return uvicorn.Server(
        uvicorn.Config(
            make_app(store, address),
            log_level="warning",
            access_log=False,
            http=Impatient,
            server_header=False,
            proxy_headers=False,  # nobody may say of themselves that they are elsewhere
            lifespan="off",
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=5,
        )
    )


def lines(store, path, address, port):
    """Return what the instructor reads in the terminal."""
    told = [f"This class is kept in {path}.", "", "Learners type:"]
    told.append(f"  course join {address} {store.code}")
    if address.partition(":")[0] not in ("localhost", "127.0.0.1"):
        told += ["and on this machine:", f"  course join localhost:{port} {store.code}"]
    else:
        told.append("There is no network here, so only this machine can join.")
    return [
        *told,
        "",
        "Your board, for nobody else:",
        f"  http://localhost:{port}/board#{store.key}",
        "",
        "Ctrl+C ends the class for now. Started again with the same file, it goes on.",
    ]


def lan_address():
    """Return the address by which others in the room reach this machine, or None."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # Nothing is sent: the system only says from where it would be.
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
    except OSError:
        return None


def listen(host, port):
    """Return a socket that listens; port 0 stands for any that is free."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except (OSError, OverflowError, TypeError, ValueError) as error:  # of no host, too
        listening.close()
        why = getattr(error, "strerror", None) or error
        raise ValueError(
            f"nothing can listen at {host}:{port} ({why}); choose another with --port"
        ) from None
    return listening
