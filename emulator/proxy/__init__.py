"""The second door: an HTTP(S) proxy that keeps every request to an AWS host on this machine.

The SageMaker SDK passes ``https://sts.<region>.amazonaws.com`` explicitly, which beats ``AWS_ENDPOINT_URL``; only a
proxy catches such calls in unmodified code. ``CONNECT`` to an AWS host is answered here: TLS ends with a certificate of
our CA and the decrypted bytes go to our own HTTP port as they are (the ``Host`` header tells the gateway the rest).
Every other host is tunnelled untouched, through the user's own proxy where the environment names one.

One asyncio loop in one thread carries all connections: Python's ``ssl`` sockets must not be read and written from two
threads at once, which a thread per direction would do.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from emulator.proxy.authority import Authority
from emulator.proxy.hosts import METADATA, Upstream, is_aws, upstream_for
from emulator.proxy.relay import Handshake, Relay, pair

__all__ = ["Authority", "Door"]

log = logging.getLogger(__name__)

HEAD_LIMIT = 256 * 1024
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
CONNECT_TIMEOUT = 30.0
HTTPS_PORT, HTTP_PORT = 443, 80


class Door:
    """The proxy on one bound socket; ``target`` is the host and port of our own HTTP server."""

    def __init__(
        self,
        sock: socket.socket,
        target: tuple[str, int],
        authority: Authority,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._sock, self._target, self._authority = sock, target, authority
        self._environ = dict(os.environ if environ is None else environ)
        self._own = f":{sock.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def start(self) -> None:
        """Accept connections from now on."""
        self._sock.listen(256)
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and all connections."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(2)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._loop.create_server(lambda: Front(self), sock=self._sock))
        self._loop.run_forever()

    def accept(self, front: Front, head: bytes, rest: bytes) -> None:
        """Answer a request whose head has come in; runs as a task of the loop."""
        task = self._loop.create_task(self._answer(front, head, rest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, front: Front, head: bytes, rest: bytes) -> None:
        try:
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            if method == "CONNECT":
                await self._connect(front, target, rest)
            else:
                await self._forward(front, method, target, head, rest)
        except (ValueError, UnicodeError):
            front.refuse(400, "this is an HTTP proxy; the AWS API is on another port")
        except OSError as error:
            front.refuse(502, f"sagemaker-emulator's proxy could not connect: {error or 'time-out'}")

    async def _connect(self, front: Front, target: str, rest: bytes) -> None:
        host, port = split_host(target, HTTPS_PORT)
        if host in METADATA:
            front.refuse(404, "no instance metadata here")
        elif is_aws(host):
            await self._intercept(front, host)
        else:
            ours, theirs = pair()
            early = await self._reach(theirs, host, port)
            front.transport.write(ESTABLISHED + early)
            assert theirs.transport is not None
            theirs.transport.write(rest)
            front.become(ours)

    async def _intercept(self, front: Front, host: str) -> None:
        """End TLS for an AWS host and join the client with our own server."""
        context = await self._loop.run_in_executor(None, self._authority.context, host.lower())
        ours, theirs = pair()
        await self._loop.create_connection(lambda: theirs, *self._target)
        assert theirs.transport is not None
        front.transport.write(ESTABLISHED)
        try:
            transport = await self._loop.start_tls(front.transport, ours, context, server_side=True)
        except (OSError, ssl.SSLError) as error:
            log.warning("TLS with a client for %s failed: %s (does it use our CA bundle?)", host, error)
            theirs.transport.close()
            return
        if transport is None or transport.is_closing():
            theirs.transport.close()
            return
        ours.connection_made(transport)

    async def _forward(self, front: Front, method: str, target: str, head: bytes, rest: bytes) -> None:
        """A plain ``GET http://host/path``: one request per connection, since the next may be for another host."""
        url = urlsplit(target)
        if url.scheme != "http" or not url.hostname:
            raise ValueError(target)
        if url.hostname in METADATA:
            front.refuse(404, "no instance metadata here")
            return
        ours, theirs = pair()
        if is_aws(url.hostname):
            upstream, head = None, head[:-2] + PLAIN
            await self._loop.create_connection(lambda: theirs, *self._target)
        else:
            upstream = self._upstream("http", url.hostname)
            await self._open(theirs, upstream, url.hostname, url.port or HTTP_PORT)
        assert theirs.transport is not None
        theirs.transport.write(plain_head(method, target, head, upstream) + rest)
        front.become(ours)

    async def _reach(self, end: Relay, host: str, port: int) -> bytes:
        """Connect to a host outside, by way of the user's proxy if there is one; the bytes it sent already."""
        upstream = self._upstream("https", host)
        if upstream is None:
            await self._open(end, None, host, port)
            return b""
        handshake = Handshake()
        await self._open(handshake, upstream, host, port)
        name = f"[{host}]" if ":" in host else host
        credentials = f"Proxy-Authorization: {upstream.authorization}\r\n" if upstream.authorization else ""
        handshake.transport.write(
            f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n{credentials}\r\n".encode()
        )
        head, rest = await asyncio.wait_for(handshake.answer, CONNECT_TIMEOUT)
        if head.split(b" ", 2)[1] != b"200":
            handshake.transport.close()
            raise OSError(f"the upstream proxy answered {head.splitlines()[0].decode('latin-1')}")
        handshake.transport.set_protocol(end)
        end.connection_made(handshake.transport)
        return rest

    async def _open(self, end: asyncio.Protocol, upstream: Upstream | None, host: str, port: int) -> None:
        tls = ssl.create_default_context() if upstream and upstream.tls else None
        where = (upstream.host, upstream.port) if upstream else (host, port)
        await asyncio.wait_for(self._loop.create_connection(lambda: end, *where, ssl=tls), CONNECT_TIMEOUT)

    def _upstream(self, scheme: str, host: str) -> Upstream | None:
        upstream = upstream_for(scheme, host, self._environ)
        ours = upstream is not None and f":{upstream.port}" == self._own and upstream.host in {"127.0.0.1", "localhost"}
        return None if ours else upstream


class Front(asyncio.Protocol):
    """A fresh client connection: collects the request head, then hands over."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._buffer = b""
        self._handed_over = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end >= 0 and not self._handed_over:
            self._handed_over = True
            self.transport.pause_reading()
            self._door.accept(self, self._buffer[: end + 4], self._buffer[end + 4 :])
        elif len(self._buffer) > HEAD_LIMIT:
            self.refuse(431, "request head too large")

    def become(self, end: Relay) -> None:
        """Let one end of a pair, whose other end is connected, carry this connection on."""
        self.transport.set_protocol(end)
        end.connection_made(self.transport)
        self.transport.resume_reading()

    def refuse(self, status: int, text: str) -> None:
        """Answer with an error of our own and close."""
        body = text.encode() + b"\n"
        head = f"HTTP/1.1 {status} Proxy\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        self.transport.close()


def split_host(target: str, default: int) -> tuple[str, int]:
    """``host:port`` or ``[v6]:port``; ``ValueError`` if it is neither."""
    parts = urlsplit("//" + target)
    if not parts.hostname:
        raise ValueError(target)
    return parts.hostname, parts.port or default


PLAIN = b"X-Forwarded-Proto: http\r\n\r\n"
"""What tells a plain request for AWS from one whose TLS ends here: policies may ask."""


def plain_head(method: str, target: str, head: bytes, upstream: Upstream | None) -> bytes:
    """The request head to send on: origin form for a server, absolute form for a proxy, one request per connection."""
    lines = head[:-4].split(b"\r\n")[1:]
    dropped = (b"connection", b"proxy-connection", b"keep-alive", b"proxy-authorization")
    kept = [line for line in lines if line.split(b":", 1)[0].strip().lower() not in dropped]
    if upstream is None:
        url = urlsplit(target)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    elif upstream.authorization:
        kept.append(f"Proxy-Authorization: {upstream.authorization}".encode())
    first = f"{method} {target} HTTP/1.1".encode("latin-1")
    return b"\r\n".join([first, *kept, b"Connection: close"]) + b"\r\n\r\n"
