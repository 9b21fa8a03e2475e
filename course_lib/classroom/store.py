"""What the board remembers, in one SQLite file: whoever was told "yes" finds it there again.

One thread writes. It takes all that waits in one transaction and answers after it is on the disk,
so that hundreds of learners cost few of these waits. An event has the id that its learner's course
gave it: if it comes again, because an answer was lost, it is there already.
"""

import os
import queue
import sqlite3
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from course_lib.classroom import codes

APPLICATION, VERSION = 0x41474347, 1  # how SQLite knows a file of ours
MOST_LEARNERS = 1000
MOST_EVENTS = 10_000  # a learner: a check every three seconds for a day
TICK = 1e-6  # seconds between two events of one learner, at least
AT_ONCE = 500  # jobs in one transaction

PLACES = ", ".join("?" * 8)
SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE learners (
  id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT UNIQUE NOT NULL, name TEXT NOT NULL,
  joined REAL NOT NULL, latest REAL NOT NULL, sent INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE events (
  learner INTEGER NOT NULL REFERENCES learners ON DELETE CASCADE, id TEXT NOT NULL,
  key TEXT NOT NULL, state TEXT NOT NULL, first INTEGER NOT NULL, sentence TEXT NOT NULL,
  happened REAL NOT NULL, arrived REAL NOT NULL, PRIMARY KEY (learner, id)
) WITHOUT ROWID;
CREATE TABLE released (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Unknown(LookupError):
    """A token that belongs to nobody: never given, or its learner has left or was taken off."""


class Full(RuntimeError):
    """No room for another learner, or for more events of one."""


class Store:
    """A class in a file.

    Parameters
    ----------
    path : path
        Made if it does not exist, readable by nobody else.
    clock : callable
        The time, in seconds since 1970.

    Raises
    ------
    ValueError
        If the file is none of ours.
    """

    def __init__(self, path, *, clock=time.time):
        self._path, self._clock = Path(path), clock
        self._jobs = queue.SimpleQueue()
        self._reading = threading.Lock()
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            self._writer, self._reader = self._connect(), self._connect()
            self._prepare()
            facts = dict(self.read("SELECT name, value FROM facts"))
            self.id, self.code, self.key = (facts[n] for n in ("id", "code", "key"))
        except (sqlite3.DatabaseError, KeyError) as error:
            raise ValueError(f"{path} does not hold a class: {error}") from None
        self._thread = threading.Thread(target=self._work, name="class-store", daemon=True)
        self._thread.start()

    def close(self):
        """Finish what waits."""
        self._jobs.put(None)
        self._thread.join()
        self._reader.close()
        self._writer.close()

    def read(self, query, values=()):
        """Return the rows of a query."""
        with self._reading:
            return self._reader.execute(query, values).fetchall()

    def version(self):
        """Return a number that is another one after anything has changed."""
        return self.read("PRAGMA data_version")[0][0]

    def now(self):
        """Return the time by the clock that stamps events."""
        return self._clock()

    # Each of these returns a Future: done when the change is on the disk.

    def join(self, token, name):
        """Add a learner, or give the one of this token another name."""
        token = codes.digest(token)

        def run(db):
            renamed = db.execute("UPDATE learners SET name = ? WHERE token = ?", (name, token))
            if renamed.rowcount == 0:
                (count,) = db.execute("SELECT COUNT(*) FROM learners").fetchone()
                if count >= MOST_LEARNERS:
                    raise Full
                now = self._clock()
                order = "INSERT INTO learners (token, name, joined, latest) VALUES (?, ?, ?, ?)"
                db.execute(order, (token, name, now, now))

        return self._ask(run)

    def add(self, token, events):
        """Add the events of the learner with a token; return how many are new."""

        def run(db):
            learner, latest, sent = self._learner(db, token)
            now = self._clock()
            before = sent
            for e in events:
                # Nothing happens in the future, nor before somebody joined; and events come in
                # their order, whatever the network did to their ages.
                happened = max(now - max(e.age, 0.0), latest + TICK)
                row = (learner, e.id, e.key, e.state, e.first, e.sentence, happened, now)
                if db.execute(f"INSERT OR IGNORE INTO events VALUES ({PLACES})", row).rowcount:
                    latest, sent = happened, sent + 1
            if sent > MOST_EVENTS:
                raise Full
            order = "UPDATE learners SET sent = ?, latest = ? WHERE id = ?"
            db.execute(order, (sent, latest, learner))
            return sent - before

        return self._ask(run)

    def whoever(self, token):
        """Find out whether a token is somebody's."""
        return self._ask(lambda db: self._learner(db, token)[0])

    def leave(self, token):
        """Forget a learner and all of their events."""

        def run(db):
            learner = self._learner(db, token)[0]
            db.execute("DELETE FROM learners WHERE id = ?", (learner,))

        return self._ask(run, forget=True)

    def remove(self, learner):
        """Forget a learner, by the number on the board."""
        return self._ask(
            lambda db: db.execute("DELETE FROM learners WHERE id = ?", (learner,)), forget=True
        )

    def clear(self):
        """Forget all that was tried and released; the learners stay in the class."""

        def run(db):
            db.execute("DELETE FROM events")
            db.execute("DELETE FROM released")
            db.execute("UPDATE learners SET sent = 0, joined = ?1, latest = ?1", (self._clock(),))

        return self._ask(run, forget=True)

    def release(self, keys, released):
        """Release the solutions of some exercises, or hold them back again."""
        order = "INSERT OR IGNORE INTO released VALUES (?)"
        order = order if released else "DELETE FROM released WHERE key = ?"
        return self._ask(lambda db: db.executemany(order, [(key,) for key in keys]))

    def _connect(self):
        db = sqlite3.connect(self._path, timeout=20, isolation_level=None, check_same_thread=False)
        # On the disk before it is acknowledged, and gone from it when it is forgotten.
        for setting in ("foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
            db.execute(f"PRAGMA {setting}")
        return db

    def _prepare(self):
        db = self._writer
        db.execute("BEGIN IMMEDIATE")
        (known,) = db.execute("PRAGMA application_id").fetchone()
        if known == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            for order in SCHEMA.split(";"):
                db.execute(order)
            made = {"id": codes.new_secret(), "code": codes.new_code(), "key": codes.new_secret()}
            db.executemany("INSERT INTO facts VALUES (?, ?)", made.items())
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
            known = APPLICATION
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute("COMMIT")
        if known != APPLICATION or version != VERSION:
            raise sqlite3.DatabaseError("it belongs to another program or version")
        db.execute("PRAGMA journal_mode = WAL")

    @staticmethod
    def _learner(db, token):
        query = "SELECT id, latest, sent FROM learners WHERE token = ?"
        found = db.execute(query, (codes.digest(token),)).fetchone()
        if found is None:
            raise Unknown
        return found

    def _ask(self, run, *, forget=False):
        done = Future()
        self._jobs.put((run, done, forget))
        return done

    def _work(self):
        waiting = self._jobs.get()
        while waiting is not None:
            batch = [waiting]
            with suppress(queue.Empty):
                while len(batch) < AT_ONCE:
                    batch.append(self._jobs.get_nowait())
            jobs = [job for job in batch if job is not None]
            self._commit(jobs)
            waiting = self._jobs.get() if len(jobs) == len(batch) else None

    def _commit(self, jobs):
        outcomes = []
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for run, _, _ in jobs:
                outcomes.append(self._run(run))
            self._writer.execute("COMMIT")
            if any(forget for *_, forget in jobs):  # old pages wait in the log, names and all
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:  # a full disk: nobody is told that it was kept
            with suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            outcomes = [(None, error)] * len(jobs)
        for (_, done, _), (result, error) in zip(jobs, outcomes, strict=True):
            done.set_exception(error) if error else done.set_result(result)

    def _run(self, run):
        """Run one job; if it is refused, undo it and no other."""
        self._writer.execute("SAVEPOINT job")
        try:
            return run(self._writer), None
        except (Unknown, Full) as error:
            self._writer.execute("ROLLBACK TO job")
            return None, error
        finally:
            self._writer.execute("RELEASE job")
