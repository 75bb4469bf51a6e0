"""The HTTP/1.1 server itself, by sockets: requests, bodies, early answers, and what an application may do."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from http_site import DEADLINE, Site, everything, saying, until


def test_requests_follow_each_other_on_a_connection(site: Site) -> None:
    with site.connect() as client:
        for body in (b"one", b"", b"three"):
            client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            assert until(client, b"\r\n\r\n<" + body).startswith(b"HTTP/1.1 200 OK\r\n")


def test_requests_may_come_before_the_answers(site: Site) -> None:
    first = b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
    last = b"GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    got = site.raw(first + last)
    assert got.count(b"HTTP/1.1 200 OK") == 2
    assert b"<abcHTTP/1.1" in got
    assert got.endswith(b"\r\n\r\n<")
    assert [environ["PATH_INFO"] for environ in site.seen] == ["/1", "/2"]


def test_a_request_may_come_in_drops(site: Site) -> None:
    with site.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for letter in b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody":
            client.sendall(bytes([letter]))
        assert everything(client).endswith(b"<body")


def test_chunks_are_joined(site: Site) -> None:
    head = b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert site.raw(head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n").endswith(b"\r\n\r\n<abcde")


def test_an_http_1_0_client_gets_no_chunks_and_a_closed_connection(site: Site) -> None:
    def pieces(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start("200 OK", [])
        return iter([b"a", b"b"])

    site.app = pieces
    got = site.raw(b"GET / HTTP/1.0\r\n\r\n")
    assert b"chunked" not in got
    assert got.endswith(b"\r\n\r\nab")


def test_an_answer_without_a_length_goes_in_chunks(site: Site) -> None:
    def pieces(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start("200 OK", [])
        return iter([b"first", b"", b"second"])

    site.app = pieces
    got = site.raw(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert got.endswith(b"\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [
        b"GARBAGE\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost : h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: a\x00b\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(site: Site, head: bytes) -> None:
    assert site.raw(head).startswith(b"HTTP/1.1 400 ")
    assert not site.seen


def test_an_endless_head_is_refused(site: Site) -> None:
    assert site.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * (300 << 10) + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")


def test_names_and_paths_stay_as_they_were_sent(site: Site) -> None:
    head = b"GET /a%2Fb//c%C3%A9?q=%20&r HTTP/1.1\r\nHost: h\r\nx-amz-meta-my_key: 1\r\nX-Twice: a\r\nX-twice: b\r\n"
    site.raw(head + b"Connection: close\r\n\r\n")
    environ = site.seen[0]
    assert environ["RAW_URI"] == "/a%2Fb//c%C3%A9?q=%20&r"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/a/b//cé"
    assert environ["QUERY_STRING"] == "q=%20&r"
    assert environ["emulator.headers"]["x-amz-meta-my_key"] == "1"
    assert environ["HTTP_X_TWICE"] == environ["emulator.headers"]["x-twice"] == "a,b"


def test_a_target_may_be_a_whole_url(site: Site) -> None:
    site.raw(b"GET http://example.com/path?x=1 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
    assert (site.seen[0]["PATH_INFO"], site.seen[0]["QUERY_STRING"]) == ("/path", "x=1")


def test_a_client_is_told_to_continue_when_its_body_is_wanted(site: Site) -> None:
    with site.connect() as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        until(client, b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"ok")
        assert until(client, b"<ok").startswith(b"HTTP/1.1 200 OK")


def test_a_client_is_not_told_to_continue_when_it_is_refused(site: Site) -> None:
    site.app = saying("403 Forbidden", b"no")
    with site.connect() as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")
        got = until(client, b"\r\n\r\nno")
        assert b"100 Continue" not in got
        assert b"connection: close" in got


def test_an_answer_reaches_a_client_that_is_still_sending(site: Site) -> None:
    site.app = saying("404 Not Found", b"none")
    with site.connect() as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(500):
            client.sendall(bytes(100_000))
        assert everything(client).endswith(b"none")


def test_an_answer_does_not_wait_for_a_large_body(site: Site) -> None:
    site.app = saying("404 Not Found", b"none")
    with site.connect() as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n")
        assert b"connection: close" in until(client, b"\r\n\r\nnone")


def test_a_small_body_nobody_read_is_not_the_next_request(site: Site) -> None:
    def ignore(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    site.app = ignore
    with site.connect() as client:
        client.sendall(b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /")
        until(client, b"\r\n\r\n/a")
        client.sendall(b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
        until(client, b"\r\n\r\n/b")


def test_a_file_is_sent_from_where_it_stands(site: Site, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "file").write_bytes(content)

    def slice_of(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        file = (tmp_path / "file").open("rb")
        file.seek(1_000_000)
        start("206 Partial Content", [("Content-Length", "1500000")])
        found: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return found

    site.app = slice_of
    got = site.raw(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert got.partition(b"\r\n\r\n")[2] == content[1_000_000:2_500_000]


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_what_has_no_body_is_sent_without_one(site: Site, method: bytes) -> None:
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        head = environ["REQUEST_METHOD"] == "HEAD"
        start("200 OK" if head else "204 No Content", [("Content-Length", "5")] if head else [])
        return [b"12345"]

    site.app = answer
    got = site.raw(b"%b / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % method)
    assert got.endswith(b"\r\n\r\n")
    assert (b"Content-Length: 5\r\n" in got) == (method == b"HEAD")


@pytest.mark.parametrize("value", ["a\r\nInjected: yes", "a\nb"])
def test_a_line_end_in_a_header_is_a_bug_not_a_header(site: Site, value: str, caplog: pytest.LogCaptureFixture) -> None:
    def split(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("X-Value", value)])
        return [b""]

    site.app = split
    got = site.raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 500 ")
    assert b"Injected" not in got
    assert "a line end in the headers" in caplog.text


def test_a_bug_is_a_500_and_ends_the_connection(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        raise ZeroDivisionError

    site.app = broken
    assert site.raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").startswith(b"HTTP/1.1 500 ")
    assert "ZeroDivisionError" in caplog.text


def test_an_application_that_exits_is_a_500_and_ends_no_thread(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def leave(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        raise SystemExit(2)

    site.app = leave
    for _ in range(3):
        assert site.raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").startswith(b"HTTP/1.1 500 ")
    assert caplog.text.count("bug in answering") == 3


def test_a_body_that_breaks_off_is_seen_as_broken(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    closed = threading.Event()

    class Breaking:
        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise ZeroDivisionError

        def close(self) -> None:
            closed.set()

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "8")])
        return Breaking()

    site.app = answer
    assert site.raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").endswith(b"\r\n\r\nhalf")
    assert closed.wait(DEADLINE)
    assert "ZeroDivisionError" in caplog.text


def test_a_bug_in_closing_ends_no_thread(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    class Unclosable(list[bytes]):
        def close(self) -> None:
            raise ZeroDivisionError

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return Unclosable([b"closed"])

    site.app = answer
    for _ in range(3):
        assert site.raw(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").endswith(b"closed")
    assert caplog.text.count("bug in serving a connection") == 3


def test_a_client_that_leaves_closes_what_it_was_reading(site: Site) -> None:
    closed = threading.Event()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield bytes(1 << 20)

        def close(self) -> None:
            closed.set()

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        return Endless()

    site.app = answer
    with site.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        client.recv(1000)
    assert closed.wait(DEADLINE)
