"""Sockets to listen on, and what they are called. Only those made here are listened on."""

from __future__ import annotations

import errno
import socket

BACKLOG = 1024
ADVICE = {
    errno.EADDRINUSE: "give another one with --port, or 0 for a free one",
    errno.EACCES: "low ports are for root, give another one with --port",
}


class ListenError(Exception):
    """An address cannot be listened on; the message says which and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket (port 0: a free one). Raises :class:`ListenError`."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ListenError(f"cannot listen on {host}: {error.strerror}; give another one with --host") from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        advice = ADVICE.get(error.errno or 0, "give another one with --host")
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror}; {advice}") from error
    return sock


def port_of(sock: socket.socket) -> int:
    """The port a socket is bound to."""
    return int(sock.getsockname()[1])


def reachable(sock: socket.socket) -> str:
    """The address under which this machine reaches a socket that may listen on all addresses."""
    host = str(sock.getsockname()[0])
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def in_url(host: str) -> str:
    """An address as a URL has it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
