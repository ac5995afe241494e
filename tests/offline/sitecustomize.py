"""Refuse every connection that leaves this machine, in each Python process of a test run.

Python imports a module of this name at start. The folder stands in PYTHONPATH
while tests run (see conftest.py), so kernels, servers and trainers load it too.
"""

import ipaddress
import os
import socket

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:  # A name, not an address.
        return False
    return address.is_loopback or address.is_unspecified


def _check(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost" or _is_loopback(name):
        return
    if log := os.environ.get("OFFLINE_VIOLATIONS"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{name} {os.environ.get('PYTEST_CURRENT_TEST', 'no test')}\n")
    raise PermissionError(
        f"A test tried to reach {name!r}. Tests may only use this machine's loopback addresses."
    )


def _guarded(original):
    def connect(self, address, *rest):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        return original(self, address, *rest)

    return connect


def _guarded_getaddrinfo(host, *rest, **options):
    _check(host)
    return _getaddrinfo(host, *rest, **options)


socket.socket.connect = _guarded(_connect)
socket.socket.connect_ex = _guarded(_connect_ex)
socket.getaddrinfo = _guarded_getaddrinfo
