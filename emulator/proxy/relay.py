"""Two transports joined: bytes go across both ways with back pressure, so that memory stays flat for any size."""

from __future__ import annotations

import asyncio


class Relay(asyncio.Protocol):
    """One end of a joined :func:`pair`. The end that connects first reads nothing until both are there."""

    other: Relay

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.other.transport is None:
            transport.pause_reading()
        else:
            self.other.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self.other.transport is not None:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Pass a half-close on where the other end can have one (TLS cannot), else close."""
        own, other = self.transport, self.other.transport
        if own is None or other is None or not other.can_write_eof() or other.is_closing():
            return False
        other.write_eof()
        return own.get_extra_info("sslcontext") is None

    def connection_lost(self, error: Exception | None) -> None:
        if self.other.transport is not None:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other.transport is not None:
            self.other.transport.resume_reading()


def pair() -> tuple[Relay, Relay]:
    """Two ends; what one receives the other sends."""
    one, two = Relay(), Relay()
    one.other, two.other = two, one
    return one, two


class Handshake(asyncio.Protocol):
    """Reads a response head from an upstream proxy; ``answer`` gives it, with the bytes that came after it."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if found and not self.answer.done():
            self.transport.pause_reading()
            self.answer.set_result((head, rest))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.answer.done():
            self.answer.set_exception(ConnectionError("the upstream proxy closed the connection"))
