"""Where a request ends: what one client sends is never part of another's request, nor a request of its own."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from http_site import DEADLINE, Site, everything, saying, until

CHUNKED = b"POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
LAST = b"POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlast"


@pytest.mark.parametrize("more", [b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"])
@pytest.mark.parametrize("trailers", [b"", b"A: b\r\nC: d\r\n"])
def test_a_request_may_follow_chunks(site: Site, more: bytes, trailers: bytes) -> None:
    got = site.raw(CHUNKED + more + b"\r\n3\r\nabc\r\n0\r\n" + trailers + b"\r\n" + LAST)
    assert re.findall(rb"\r\n\r\n(<[a-z]*?)(?=HTTP|$)", got) == [b"<abc", b"<last"]
    assert [environ["PATH_INFO"] for environ in site.seen] == ["/1", "/2"]


def test_chunks_may_come_in_drops_and_in_bulk(site: Site) -> None:
    big = bytes(range(256)) * 4096
    with site.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for letter in CHUNKED + b"Connection: close\r\n\r\n3;x=y\r\nabc\r\n":
            client.sendall(bytes([letter]))
        client.sendall(b"%X\r\n%b\r\n1\r\n!\r\n0\r\n\r\n" % (len(big), big))
        assert everything(client).endswith(b"\r\n\r\n<abc" + big + b"!")


@pytest.mark.parametrize(
    "body",
    [
        b"3\nabc\r\n0\r\n\r\n",
        b"3\r\nabcX\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"\r\n3\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n" + b"0" * 20_000 + b"\r\n\r\n",
        b"3\r\nabc\r\n0\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_broken_chunks_are_no_body_and_end_the_connection(site: Site, body: bytes) -> None:
    broken = threading.Event()

    def read(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        try:
            environ["wsgi.input"].read()
        except OSError:
            broken.set()
        start("400 Bad Request", [])
        return [b"broken"]

    site.app = read
    got = site.raw(CHUNKED + b"\r\n" + body + LAST)
    assert got.count(b"HTTP/1.1") == 1
    assert got.endswith(b"\r\n\r\nbroken")
    assert broken.is_set()


@pytest.mark.parametrize("fake", [b"Content_Length: 4", b"Content_Length: none", b"Transfer_Encoding: chunked"])
def test_an_underscore_is_no_dash(site: Site, fake: bytes) -> None:
    head = b"PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n" + fake + b"\r\nConnection: close\r\n\r\n"
    assert site.raw(head + b"abc").endswith(b"\r\n\r\n<abc")
    assert site.seen[0]["CONTENT_LENGTH"] == "3"
    assert "HTTP_TRANSFER_ENCODING" not in site.seen[0]


def test_spaces_around_a_value_are_no_part_of_it(site: Site) -> None:
    head = b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \t3 \r\nX: \t a b \t\r\nConnection: close\r\n\r\n"
    assert site.raw(head + b"abc").endswith(b"\r\n\r\n<abc")
    assert site.seen[0]["CONTENT_LENGTH"] == "3"
    assert site.seen[0]["emulator.headers"]["x"] == "a b"


def test_empty_lines_are_no_request(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"\r\n\r\n")
        client.sendall(b"\r\n\r\n" + LAST)
        assert everything(client).endswith(b"<last")
    assert [environ["REQUEST_METHOD"] for environ in site.seen] == ["POST"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400),
        (b"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /1 HTTP/1.1\n\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    ],
)
def test_what_is_not_served_is_refused(site: Site, head: bytes, status: int) -> None:
    assert site.raw(head).startswith(b"HTTP/1.1 %d " % status)
    assert not site.seen


def test_an_old_client_is_not_told_to_continue(site: Site) -> None:
    got = site.raw(b"PUT / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok")
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("told", [1, 9])
@pytest.mark.parametrize("listed", [True, False])
def test_a_body_of_another_length_is_a_bug_that_ends_the_connection(
    site: Site, told: int, listed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", str(told))])
        return [b"12345"] if listed else iter([b"12345"])

    site.app = answer
    got = site.raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 500 ") == listed
    assert len(got.partition(b"\r\n\r\n")[2]) <= told
    assert "bug in answering" in caplog.text


def test_an_empty_answer_leaves_at_once(site: Site) -> None:
    def empty(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start("200 OK", [("Content-Length", "0")])
        return iter(())

    def plain(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Length", "0")])
        return []

    def seconds(app: Callable[..., Any]) -> float:
        site.app = app
        began = time.monotonic()
        with site.connect() as client:
            for _ in range(10):
                client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                until(client, b"\r\n\r\n")
        return time.monotonic() - began

    # A head the kernel holds back for its body waits 200 ms: ten of them are a hundred times the other's time.
    assert min(seconds(empty) for _ in range(3)) < 20 * max(seconds(plain) for _ in range(3))


def test_a_client_that_breaks_off_its_body_is_no_bug(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    begun, answered = threading.Event(), threading.Event()

    class Answered(list[bytes]):
        def close(self) -> None:
            answered.set()

    def ignore(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        begun.set()
        return Answered([b"ignored"])

    site.app = ignore
    with site.connect() as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n\r\nabc")
        assert begun.wait(DEADLINE)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by a reset
    assert answered.wait(DEADLINE)
    assert not caplog.text


def test_a_body_that_comes_after_its_refusal_is_no_request(site: Site) -> None:
    site.app = saying("404 Not Found", b"none")
    with site.connect() as client:
        client.sendall(b"PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n")
        assert everything(client).endswith(b"none")
        assert site.comes_to_serve(0)
        with suppress(ConnectionError):  # who has left says so to the second at the latest
            for _ in range(10):
                client.sendall(b"DELETE /2 HTTP/1.1\r\nHost: h\r\n\r\n")
                time.sleep(0.05)
    assert [environ["PATH_INFO"] for environ in site.seen] == ["/1"]


def test_many_connections_may_fall_silent_at_once(site: Site) -> None:
    clients = [site.connect() for _ in range(450)]
    try:
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        for client in clients:
            until(client, b"\r\n\r\n<")
        with site.server._changed:  # all wait for the lock, the listener behind them
            time.sleep(2)
        for client in clients[::50]:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            until(client, b"\r\n\r\n<")
    finally:
        for client in clients:
            client.close()
