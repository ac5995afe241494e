"""The tables of server.db, their version, and the way from each earlier version to this one."""

import logging
import sqlite3
from pathlib import Path

log = logging.getLogger("local_server")

# One script for each step; the first one also takes up a file of before there were versions (until Nov 2026).
_MIGRATIONS = (
    """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    job_id TEXT,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_kind ON objects (kind, job_id, seq);
CREATE TABLE IF NOT EXISTS deleted (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    job_id TEXT
);
CREATE TABLE IF NOT EXISTS taken (job_id TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (job_id TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS damaged (
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    job_id TEXT,
    body TEXT NOT NULL
);
""",
    # Whose an object is; '' for what belongs to no project.
    """
ALTER TABLE objects ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE deleted ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE damaged ADD COLUMN project TEXT NOT NULL DEFAULT '';
CREATE TABLE turns (project TEXT PRIMARY KEY, turn INTEGER NOT NULL, job_id TEXT NOT NULL);
CREATE INDEX by_project ON objects (project, kind, seq) WHERE project <> '';
""",
)
VERSION = len(_MIGRATIONS)
# They look into the rows, so they are made when all rows can be read.
_INDEXES = """
CREATE INDEX IF NOT EXISTS by_status ON objects (kind, json_extract(body, '$.status'));
CREATE INDEX IF NOT EXISTS by_expiry ON objects (kind, json_extract(body, '$.expires_at'))
    WHERE json_extract(body, '$.expires_at') IS NOT NULL;
"""
# In this order: only a valid text may be looked into.
_UNREADABLE = """CASE WHEN typeof(body) <> 'text' OR NOT json_valid(body) THEN 1
    WHEN json_type(body) <> 'object' OR json_extract(body, '$.id') IS NOT id THEN 1
    ELSE kind = 'event' AND (typeof(json_extract(body, '$.created_at')) <> 'integer'
        OR json_type(body, '$.data') NOT IN ('object', 'null')) END"""


class NewerDatabase(sqlite3.DatabaseError):
    """The file was written by a later version of this program; nothing of it was changed."""


def connect(path: Path) -> sqlite3.Connection:
    """Open server.db, and bring it to this version.

    Args:
        path: The file; made when missing.

    Returns:
        The connection, in autocommit mode. Rows that are no JSON object of their id, or no event that can be
        read, are set aside, in the table `damaged`.

    Raises:
        NewerDatabase: A later version of this program has written it.
        sqlite3.DatabaseError: The file is damaged, or it is something else.
    """
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise NewerDatabase(
                f"it has version {version}, and this program knows versions up to {VERSION}: a newer program "
                "has written it. Start that program, or pass another folder with --state"
            )
        database.execute("PRAGMA journal_mode = WAL")
        for number in range(version, VERSION):
            # The version is part of the transaction: after a crash, the step is done whole or not at all.
            database.executescript(
                f"BEGIN IMMEDIATE;\n{_MIGRATIONS[number]}\nPRAGMA user_version = {number + 1};\nCOMMIT;"
            )
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        _set_aside_unreadable(database)
        database.executescript(_INDEXES)
    except BaseException:
        database.close()
        raise
    return database


def _set_aside_unreadable(database: sqlite3.Connection) -> None:
    """One row that no JSON reader takes would stop every list; its words stay in `damaged`."""
    found = database.execute(f"SELECT kind, id FROM objects WHERE {_UNREADABLE}").fetchall()
    if not found:
        return
    for kind, object_id in found:
        log.error("the record of the %s %s in server.db is damaged and was set aside", kind, object_id)
    database.executescript(
        "BEGIN IMMEDIATE; DROP INDEX IF EXISTS by_status; DROP INDEX IF EXISTS by_expiry;"
        "INSERT INTO damaged SELECT seq, kind, id, job_id, CAST(body AS TEXT), project FROM objects "
        f"WHERE {_UNREADABLE}; DELETE FROM objects WHERE {_UNREADABLE}; COMMIT;"
    )
