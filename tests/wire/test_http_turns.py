"""Who is answered when: one thread leads, many connections wait, are silent or slow, and the end is orderly."""

from __future__ import annotations

import os
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from http_site import DEADLINE, Site, everything, held, until


def test_a_silent_connection_keeps_no_thread_and_may_go_on(site: Site) -> None:
    clients = [site.connect() for _ in range(20)]
    try:
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            until(client, b"\r\n\r\n<")
        assert site.comes_to_serve(0)
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            until(client, b"\r\n\r\n<")
    finally:
        for client in clients:
            client.close()


def test_who_sends_half_a_request_holds_up_nobody(site: Site) -> None:
    halves = (b"GET / HTTP/1.1\r\nHo", b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
    slow = [site.connect() for _ in range(20)]
    try:
        for number, client in enumerate(slow):
            client.sendall(halves[number % 2])
        assert site.comes_to_serve(len(slow)), "each has a thread, whose patience ends"
        with site.connect() as client:
            for number, other in enumerate(slow):
                client.sendall(b"GET /quick HTTP/1.1\r\nHost: h\r\n\r\n")
                until(client, b"\r\n\r\n<")
                other.sendall(b"defghi" if number % 2 else b"st: h\r\n\r\n")
                until(other, b"<abcdefghi" if number % 2 else b"\r\n\r\n<")
    finally:
        for client in slow:
            client.close()


def test_a_long_answer_holds_up_others_for_a_moment_only(site: Site) -> None:
    """Nobody said that it is long: the lead is taken from the thread that works on it, again and again."""
    go_on = threading.Event()
    site.app = held(go_on)
    long = [site.connect() for _ in range(5)]
    try:
        with site.connect() as client:
            for one in long:
                one.sendall(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
                client.sendall(b"GET /quick HTTP/1.1\r\nHost: h\r\n\r\n")
                until(client, b"/quick")
        go_on.set()
        for one in long:
            until(one, b"/long")
            one.sendall(b"GET /after HTTP/1.1\r\nHost: h\r\n\r\n")
            until(one, b"/after")
    finally:
        for one in long:
            one.close()


def test_the_lead_is_watched_also_where_the_start_was_slow() -> None:
    """Threads that compute hold up the one that starts the servers, again and again."""
    started, go_on = threading.Event(), threading.Event()

    def compute() -> None:
        while not started.is_set():
            pass

    others = [threading.Thread(target=compute) for _ in range(4)]
    for thread in others:
        thread.start()
    sites = [Site() for _ in range(10)]
    started.set()
    for thread in others:
        thread.join()
    for site in sites:
        site.app = held(go_on)
        with site.connect() as long, site.connect() as client:
            long.sendall(b"GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
            while not site.seen:
                time.sleep(0.01)
            client.sendall(b"GET /quick HTTP/1.1\r\nHost: h\r\n\r\n")
            until(client, b"/quick")
    go_on.set()
    for site in sites:
        assert site.server.stop(DEADLINE)


def test_an_application_may_step_aside(site: Site) -> None:
    """Both are answered by threads of their own, at the same moment, and the connections go on afterwards."""
    together = threading.Barrier(2)

    def meet(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        environ["emulator.aside"]()
        environ["emulator.aside"]()  # it may be said twice
        together.wait(DEADLINE)
        start("200 OK", [])
        return [b"met"]

    site.app = meet
    with site.connect() as one, site.connect() as other:
        for _ in range(50):
            one.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            other.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            until(one, b"met")
            until(other, b"met")


def test_nothing_runs_while_nobody_asks(site: Site) -> None:
    site.raw(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    time.sleep(0.1)
    before = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - before < 0.02


def test_many_requests_run_at_once(site: Site) -> None:
    together = threading.Barrier(40)

    def meet(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        together.wait(DEADLINE)
        start("200 OK", [])
        return [b"met"]

    site.app = meet
    clients = [site.connect() for _ in range(40)]
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    for client in clients:
        with client:
            assert everything(client).endswith(b"met")


def test_clients_that_break_off_leave_the_others_served(site: Site) -> None:
    for data in (b"", b"GET / HT", b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc") * 20:
        with site.connect() as client:
            client.sendall(data)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by a reset
    assert site.raw(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").endswith(b"\r\n\r\n<")


def test_who_is_connected_goes_on_where_no_descriptor_is_left(site: Site) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)

    def seconds(client: socket.socket) -> float:
        began = time.monotonic()
        for _ in range(100):
            client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            until(client, b"\r\n\r\n<")
        return time.monotonic() - began

    with site.connect() as client, socket.socket() as late:
        late.settimeout(DEADLINE)
        before = max(seconds(client) for _ in range(3))
        free = os.dup(client.fileno())
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
        try:
            late.connect(("127.0.0.1", site.port))
            late.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            meanwhile = min(seconds(client) for _ in range(3))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        until(late, b"\r\n\r\n<")
    assert meanwhile < 10 * before


def test_stop_lets_a_running_request_end_and_takes_no_new_one() -> None:
    site = Site()
    entered, go_on = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        entered.set()
        go_on.wait(DEADLINE)
        start("200 OK", [])
        return [b"done"]

    with site.connect() as client, site.connect() as silent:
        silent.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")  # what nobody has accepted yet is reset
        until(silent, b"\r\n\r\n<")
        site.app = slow
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert entered.wait(DEADLINE)
        assert not site.server.stop(0.05)
        assert silent.recv(1) == b""
        go_on.set()
        assert everything(client).endswith(b"done")
    with pytest.raises(OSError, match="refused"):
        site.connect()
    assert site.server.stop(0)  # again
