"""The floor for an S3 server in Python: a file server that knows no S3, only sockets, ``recv_into`` and ``sendfile``.

It answers what boto3's ``upload_file``, ``download_file``, ``put_object`` and ``get_object`` send, by path: no hashes,
no index, no checks. Parts of a multipart upload are written at ``(number - 1) * 8 MiB`` of one file, boto3's part size.
An object is always a new file, because no store can keep the old one while it writes into its pages (fresh pages of the
page cache are dear on virtual machines: up to half the CPU time of a PUT).

Usage: ``python benchmarks/raw_server.py PORT FOLDER``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs

PART = 8 << 20
PIECE = 1 << 20
HEAD_LIMIT = 64 << 10
RANGE = re.compile(r"bytes=(\d+)-(\d*)")
BEGUN = b"<InitiateMultipartUploadResult><UploadId>raw</UploadId></InitiateMultipartUploadResult>"
DONE = b'<CompleteMultipartUploadResult><ETag>"raw-1"</ETag></CompleteMultipartUploadResult>'
ETAG = 'ETag: "raw"\r\n'
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection:
    """One client, request after request."""

    def __init__(self, sock: socket.socket, folder: Path) -> None:
        self._sock = sock
        self._folder = folder
        self._rest = b""

    def serve(self) -> None:
        """Until the client leaves."""
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError), self._sock:
            while head := self._head():
                first, *lines = head.decode("latin-1").split("\r\n")
                method, target, _ = first.split(" ")
                pairs = (line.split(":", 1) for line in lines)
                self._answer(method, target, {name.lower(): value.strip() for name, value in pairs})

    def _head(self) -> bytes:
        while b"\r\n\r\n" not in self._rest:
            more = self._sock.recv(HEAD_LIMIT)
            if not more:
                return b""
            self._rest += more
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        return head

    def _answer(self, method: str, target: str, headers: Mapping[str, str]) -> None:
        path, _, query = target.partition("?")
        file = self._folder / hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
        if method == "PUT":
            self._receive(file, parse_qs(query), headers)
        elif method == "POST":
            if query.startswith("uploads"):
                file.unlink(missing_ok=True)
            self._receive(Path(os.devnull), {}, headers, BEGUN if query.startswith("uploads") else DONE)
        else:
            self._send(method, file, RANGE.fullmatch(headers.get("range", "")))

    def _receive(
        self, file: Path, query: Mapping[str, list[str]], headers: Mapping[str, str], answer: bytes = b""
    ) -> None:
        if "expect" in headers and not self._rest:
            self._sock.sendall(CONTINUE)
        number = int(query.get("partNumber", ["1"])[0])
        if "partNumber" not in query and file.is_file():
            file.unlink()
        target = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            self._pour(target, (number - 1) * PART, int(headers.get("content-length", 0)))
        finally:
            os.close(target)
        self._sock.sendall(f"HTTP/1.1 200 OK\r\n{ETAG}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)

    def _pour(self, target: int, offset: int, left: int) -> None:
        begun, self._rest = self._rest[:left], self._rest[left:]
        os.lseek(target, offset, os.SEEK_SET)
        os.write(target, begun)
        left -= len(begun)
        buffer = memoryview(bytearray(min(PIECE, left)))
        while left:
            count = self._sock.recv_into(buffer[:left])
            if not count:
                raise ConnectionError
            os.write(target, buffer[:count])
            left -= count

    def _send(self, method: str, file: Path, span: re.Match[str] | None) -> None:
        if not file.exists():
            self._sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        with file.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            begin, end = (int(span[1]), min(int(span[2] or size), size - 1)) if span else (0, size - 1)
            line = f"206 Partial\r\nContent-Range: bytes {begin}-{end}/{size}" if span else "200 OK"
            length = end - begin + 1
            self._sock.sendall(f"HTTP/1.1 {line}\r\n{ETAG}Content-Length: {length}\r\n\r\n".encode())
            while method == "GET" and length:
                sent = os.sendfile(self._sock.fileno(), source.fileno(), begin, length)
                begin, length = begin + sent, length - sent


def main(port: int, folder: Path) -> None:
    """A thread per connection, for ever."""
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        while True:
            connection = Connection(listener.accept()[0], folder)
            threading.Thread(target=connection.serve, daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
