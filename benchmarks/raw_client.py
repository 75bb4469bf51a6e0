"""A load generator for AWS's JSON protocol without a client library: sockets, keep-alive, latencies.

boto3 spends 0.7 to 1 ms of CPU a call, so that a faster server cannot be seen through it; this spends some 30 µs.
"""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SCOPE = "Credential=test/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0"
Make = Callable[[int], tuple[str, dict[str, Any]]]


def request(port: int, operation: str, params: dict[str, Any]) -> bytes:
    """The bytes of one signed-looking call."""
    body = json.dumps(params).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-amz-json-1.1\r\n"
        f"X-Amz-Target: SageMaker.{operation}\r\nAuthorization: AWS4-HMAC-SHA256 {SCOPE}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One connection, opened again when the server has closed it (moto's closes after every answer)."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, data: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(data)
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        head = got[:end].lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        pieces, have = [got[end + 4 :]], len(got) - end - 4
        while have < length:
            pieces.append(self._more())
            have += len(pieces[-1])
        if b"connection: close" in head:
            self.close()
        return int(head[9:12]), b"".join(pieces)

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 16) if self._socket else b""
        if not data:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return data

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@dataclass(frozen=True)
class Load:
    """What a run gave: calls, wall seconds, latencies in seconds, sorted."""

    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, part: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * part))]


def drive(call: Callable[[], Callable[[int], None]], threads: int, seconds: float, most: int = 1 << 30) -> Load:
    """Call from ``threads`` threads for ``seconds`` or ``most`` calls in all; ``call()`` makes one thread's caller."""
    numbers, latencies, errors = itertools.count(), [], []
    stop = time.perf_counter() + seconds

    def work() -> None:
        one = call()
        try:
            while time.perf_counter() < stop and (number := next(numbers)) < most:
                begun = time.perf_counter()
                one(number)
                latencies.append(time.perf_counter() - begun)
        except Exception as error:
            errors.append(error)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
    return Load(time.perf_counter() - begun, sorted(latencies))


def raw_caller(port: int, make: Make, different: int = 0) -> Callable[[], Callable[[int], None]]:
    """For :func:`drive`: callers over one connection each; an answer that is not 200 is an error. Where there are only
    so many ``different`` requests they are made before the clock runs."""
    ready = [request(port, *make(number)) for number in range(different)]

    def caller() -> Callable[[int], None]:
        connection = Connection(port)

        def one(number: int) -> None:
            data = ready[number % different] if different else request(port, *make(number))
            status, body = connection.ask(data)
            if status != 200:
                raise RuntimeError(f"{status}: {body[:300]!r}")

        return one

    return caller


def names(prefix: str) -> Iterator[str]:
    """Names nobody had before, in this run."""
    return (f"{prefix}-{number}" for number in itertools.count())
