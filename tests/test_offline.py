"""The guard that keeps every test on this machine works, in each kind of process."""

import socket
import subprocess
import sys

import pytest

# 192.0.2.0/24 is reserved for documentation (RFC 5737): nothing answers there.
OUTSIDE = ("192.0.2.1", 80)
ATTEMPT = f"import socket; socket.create_connection({OUTSIDE}, timeout=1)"


@pytest.fixture(autouse=True)
def own_log(monkeypatch, tmp_path):
    """These attempts are on purpose, so they do not count as violations of the whole test run."""
    monkeypatch.setenv("OFFLINE_VIOLATIONS", str(tmp_path / "violations.txt"))
    return tmp_path / "violations.txt"


def hosts(log):
    return {line.split()[0] for line in log.read_text(encoding="utf-8").splitlines()}


def test_a_test_cannot_leave_this_machine(own_log):
    with pytest.raises(PermissionError, match="loopback"):
        socket.create_connection(OUTSIDE, timeout=1)

    assert hosts(own_log) == {"192.0.2.1"}


def test_a_process_that_a_test_starts_cannot_leave_this_machine(own_log):
    done = subprocess.run([sys.executable, "-c", ATTEMPT], capture_output=True, text=True)

    assert "PermissionError" in done.stderr
    assert hosts(own_log) == {"192.0.2.1"}


def test_a_name_is_not_looked_up_outside(own_log):
    with pytest.raises(PermissionError):
        socket.getaddrinfo("127.example.org", 443)

    assert hosts(own_log) == {"127.example.org"}


def test_loopback_stays_open():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        with socket.create_connection(listener.getsockname(), timeout=5) as connection:
            assert connection.getpeername() == listener.getsockname()
