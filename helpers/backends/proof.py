"""Make sure that a program is the local server, before it gets the key, and again before it gets data.

The port of a server that was killed can be taken by any program on the machine. Such a program does not know
the key, and it does not hold the lock of the server's folder.
"""

import hmac
import json
import os
import secrets
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from helpers.errors import BackendUnavailable


def runs(state: Path, pid: int) -> bool:
    """Whether the server that a folder's server.json names is still there.

    Args:
        state: The folder.
        pid: The process id in server.json.

    Returns:
        True when some process holds the folder's lock, and this process lives.
    """
    return _locked(state / "server.lock") and _alive(pid)


def _locked(lock: Path) -> bool:
    """Whether a server holds the lock. To look takes it for no longer than the look, and not from anybody."""
    try:
        # `mode=ro`: a folder without a server stays as it is.
        looking = sqlite3.connect(
            f"{lock.absolute().as_uri()}?mode=ro", timeout=0, isolation_level=None, uri=True
        )
    except sqlite3.Error:
        return False
    try:
        looking.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
    finally:
        looking.close()
    return False


def _alive(pid: int) -> bool:
    if os.name != "posix":
        return True  # Elsewhere the signal 0 ends a process; there the lock has to be enough.
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False  # It has ended, or it is somebody else's.
    return True


def proves(base_url: str, key: str, pid: int, seconds: float) -> bool:
    """Ask the program at an address to prove that it knows the key. The key itself is not sent.

    Args:
        base_url: The address, from server.json.
        key: The key.
        pid: The process id.
        seconds: How long each part of the answer may take.

    Returns:
        Whether it did: with the key, for this question, this port and this process id.

    Raises:
        OSError: There is no answer. A TimeoutError when it takes too long.
        HTTPException: The answer is no HTTP.
    """
    nonce, address = secrets.token_hex(32), urlsplit(base_url)
    said = f"fine-tuning course, local server: {nonce} {address.port} {pid}"
    expected = hmac.new(key.encode(), said.encode(), "sha256").hexdigest()
    without_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"{address.scheme}://{address.netloc}/challenge?nonce={nonce}"
    try:
        with without_proxy.open(url, timeout=seconds) as answer:
            found = json.loads(answer.read(1000))
    except (urllib.error.HTTPError, ValueError, RecursionError):
        return False
    proof = found.get("proof") if isinstance(found, dict) else None
    return isinstance(proof, str) and hmac.compare_digest(proof.encode(errors="replace"), expected.encode())


class StillThere:
    """Looks before each request whether the server that has proved itself is still there.

    While it is, nobody else can have its port. So what is sent cannot reach a stranger.

    Args:
        state: The folder of the server.
        base_url: Its address, for the message.

    Raises:
        BackendUnavailable: When it is called as a hook of the HTTP client: the server has ended.
    """

    def __init__(self, state: Path, base_url: str) -> None:
        self._file = state / "server.json"
        self._base_url = base_url
        self._written = self._mark()
        try:
            self._pid: int = json.loads(self._file.read_text(encoding="utf-8"))["pid"]
        except (OSError, ValueError, KeyError, TypeError):
            self._pid = 0  # It has just ended; the first request says so.

    def __call__(self, request: object) -> None:
        """Let a request go out, or not."""
        if self._mark() != self._written or not runs(self._file.parent, self._pid):
            raise BackendUnavailable(
                f"The local server at {self._base_url} (process {self._pid}) has ended, so nothing was sent: "
                "another program may have its port. Call connect again; it starts a server with the same "
                "jobs and files."
            )

    def _mark(self) -> tuple[int, int] | None:
        """What is different after another server has written the file."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns
