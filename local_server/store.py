"""What the server keeps, in one SQLite file that survives a crash.

Files, uploads, jobs, events, checkpoints and models are rows of one table, each with the API's own JSON. What
is special about jobs is in `jobs/store.py`.
"""

import copy
import json
import secrets
import string
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Self, TypedDict, TypeVar, Unpack

from local_server import schema

T = TypeVar("T", bound=Mapping[str, Any])


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of object, and the type of its JSON: `FILES = Kind[File]("file")`.

    Attributes:
        name: What the rows of this kind are marked with, and what refusals call an object of it.
    """

    name: str


class Query(TypedDict, total=False):
    """What a page of objects can be narrowed to, and its order.

    Attributes:
        job_id: Only objects of this job.
        oldest_first: Turn the order around.
        equal: Field name to the value that it must have; None stands for null.
        metadata: Pairs that the object's `metadata` must hold.
    """

    job_id: str
    oldest_first: bool
    equal: dict[str, str | None]
    metadata: dict[str, str]


def new_id(prefix: str, length: int) -> str:
    """Make an id of OpenAI's shape: a prefix, then letters and digits.

    Args:
        prefix: For example `ftjob-`.
        length: Number of random characters; jobs 24, files 22, models 8 (observed 2024).

    Returns:
        The id.
    """
    return prefix + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def _as_json(body: Mapping[str, Any]) -> str:
    # What could not be sent to a client fails here, where it does no harm: on a list it would break the list.
    return json.dumps(body, allow_nan=False, ensure_ascii=False)


class Store:
    """The rows of one server. Safe to use from several threads.

    Args:
        path: The SQLite file; made when missing, and brought to this version.

    Attributes:
        project: The only project whose objects can be seen and changed here, and the owner of new ones. None
            sees all; what it adds belongs to no project.

    Raises:
        sqlite3.DatabaseError: The file is damaged, newer than this program, or something else.
    """

    def __init__(self, path: Path) -> None:
        self.project: str | None = None
        self._lock = threading.RLock()
        self._db = schema.connect(path)

    def of(self, project: str | None) -> Self:
        """The same rows, as one project sees them; None for all. Every request works on such a view."""
        if project == self.project:
            return self
        view = copy.copy(self)
        view.project = project
        return view

    def mine(self, where: str, *values: object) -> tuple[str, tuple[object, ...]]:
        """Narrow a condition of SQL, and the values of its question marks, to what can be seen here."""
        own = self.project is not None
        return (f"{where} AND project = ?", (*values, self.project)) if own else (where, values)

    def project_of(self, object_id: str) -> str | None:
        """The project of an object; None where it belongs to none."""
        rows = self.rows("SELECT project FROM objects WHERE id = ?", object_id)
        return (rows[0][0] or None) if rows else None

    def close(self) -> None:
        """Close the file. Nothing is pending: every change is committed when its call returns."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several changes that happen all or not at all."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self.rows("BEGIN IMMEDIATE")
            try:
                yield
                self.rows("COMMIT")
            except BaseException:
                # SQLite itself rolls back after some errors, and keeps the transaction open after others.
                if self._db.in_transaction:
                    self._db.rollback()
                raise

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement of SQL, and return its rows. Every reading and every change goes through here."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def add(self, kind: Kind[T], body: T, job_id: str | None = None) -> T:
        """Keep a new object.

        Args:
            kind: What it is.
            body: Its JSON, with an `id` that no other object has.
            job_id: Ties events, checkpoints and models to their job, and gives them its project.

        Returns:
            The same body.

        Raises:
            ValueError: It holds what JSON cannot, a NaN for example.
        """
        project = "coalesce((SELECT project FROM objects WHERE id = ?), ?)"
        sql = f"INSERT INTO objects (kind, id, job_id, body, project) VALUES (?, ?, ?, ?, {project})"
        self.rows(sql, kind.name, body["id"], job_id, _as_json(body), job_id, self.project or "")
        return body

    def get(self, kind: Kind[T], object_id: str) -> T | None:
        """Read one object; None when there is none of this kind and id, or it belongs to another project."""
        text = self.text(kind, object_id)
        return None if text is None else json.loads(text)

    def text(self, kind: Kind[Any], object_id: str) -> str | None:
        """Read one object as it is kept, for an answer that only hands it on; as `get`."""
        where, values = self.mine("kind = ? AND id = ?", kind.name, object_id)
        rows = self.rows(f"SELECT body FROM objects WHERE {where}", *values)
        return rows[0][0] if rows else None

    def job_of(self, object_id: str) -> str:
        """The id of the job that made a model or a checkpoint."""
        return self.rows("SELECT job_id FROM objects WHERE id = ?", object_id)[0][0]

    def delete(self, kind: Kind[Any], object_id: str) -> None:
        """Forget one object, but not its place: a client that deletes while it pages goes on from there."""
        where, values = self.mine("kind = ? AND id = ?", kind.name, object_id)
        place = f"SELECT id, kind, seq, job_id, project FROM objects WHERE {where}"
        with self.transaction():
            self.rows(f"INSERT OR IGNORE INTO deleted {place}", *values)
            self.rows(f"DELETE FROM objects WHERE {where}", *values)

    def page(
        self, kind: Kind[T], *, limit: int, after: str | None = None, **query: Unpack[Query]
    ) -> tuple[list[T], bool]:
        """One page of objects, newest first.

        Args:
            kind: Which objects.
            limit: Largest number of objects on the page.
            after: Id of the last object of the page before; it may have been deleted since.
            **query: What the page is narrowed to, and its order.

        Returns:
            The objects, and whether more follow.

        Raises:
            KeyError: There never was an object `after` of this kind and job.
        """
        texts, more = self.texts(kind, limit=limit, after=after, **query)
        return [json.loads(text) for text in texts], more

    def texts(
        self, kind: Kind[Any], *, limit: int, after: str | None = None, **query: Unpack[Query]
    ) -> tuple[list[str], bool]:
        """One page of objects as they are kept, for an answer that only hands them on; as `page`."""
        first, given = self.mine("kind = ?", kind.name)
        where, values = [first], [*given]
        oldest_first = query.get("oldest_first", False)
        if "job_id" in query:
            where.append("job_id = ?")
            values.append(query["job_id"])
        elif self.project is not None:
            # Lets SQLite use the index by project.
            where.append("project <> ''")
        if after is not None:
            place = " AND ".join([*where, "id = ?"])
            sql = f"SELECT seq FROM objects WHERE {place} UNION ALL SELECT seq FROM deleted WHERE {place}"
            cursor = self.rows(sql, *[*values, after] * 2)
            if not cursor:
                raise KeyError(after)
            where.append("seq > ?" if oldest_first else "seq < ?")
            values.append(cursor[0][0])
        for field, value in query.get("equal", {}).items():
            where.append("json_extract(body, ?) IS ?")
            values += [f"$.{field}", value]
        for key, value in query.get("metadata", {}).items():
            where.append(
                "EXISTS (SELECT 1 FROM json_each(body, '$.metadata') AS m WHERE m.key = ? AND m.value = ?)"
            )
            values += [key, value]
        order = "ASC" if oldest_first else "DESC"
        sql = f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"
        rows = self.rows(sql, *values, limit + 1)
        return [body for (body,) in rows[:limit]], len(rows) > limit

    def expired(self, kind: Kind[Any], now: float) -> list[str]:
        """The ids of the objects whose `expires_at` is at or before `now`, in Unix seconds."""
        where, values = self.mine("kind = ? AND json_extract(body, '$.expires_at') <= ?", kind.name, now)
        return [object_id for (object_id,) in self.rows(f"SELECT id FROM objects WHERE {where}", *values)]

    def move(self, kind: Kind[Any], object_id: str, expected: tuple[str, ...], **fields: object) -> bool:
        """Change a job or an upload, but only if it is still in a status that the caller expects.

        Args:
            kind: Jobs or uploads.
            object_id: Which one.
            expected: Statuses from which this change is allowed.
            **fields: New values of the object's fields, `status` among them when it moves.

        Returns:
            False when it is in another status by now; then nothing changed.
        """
        with self.transaction():
            found = self.get(kind, object_id)
            if found is None or found["status"] not in expected:
                return False
            self.rows("UPDATE objects SET body = ? WHERE id = ?", _as_json({**found, **fields}), object_id)
            return True
