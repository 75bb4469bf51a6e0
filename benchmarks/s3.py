"""S3 side by side with other servers in one run: what each phase gave, and the bars; exit status 1 if one is missed.

Every phase runs on all servers before the next begins, with the same client in the same process, so that a busy
machine slows all of them. ``raw`` is a file server without any S3 (``raw_server.py``): the floor.

* ``small``   1 KB PutObject and GetObject, 8 threads, through boto3 and over plain sockets, where the bar is: boto3
  spends more on a call than the servers do, so that one without any work would hardly be faster than any other
* ``files``   ``upload_file`` and ``download_file`` per size in ``--sizes`` (MB)
* ``curl``    PUT and GET of the largest size, one connection, no client library
* ``wrk``     GET of a 1 KB object, 8 connections (where wrk is installed)
* ``list``    all pages of ListObjectsV2 over ``--keys`` keys, through boto3 and over a plain socket, where the bar is
* ``million`` (ours alone: filling the others takes an hour) a bucket of a million keys: a listing of all of it, and its
  pages against those of a bucket of two thousand

Usage: ``python benchmarks/s3.py [phase ...] [--sizes 64 1024] [--keys 20000] [--peers raw ministack moto]``. All of it
takes a quarter of an hour, most of that moto's; a run of a minute: ``small files curl wrk list --sizes 64 --keys 2000
--peers raw ministack``.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness import end_on_signals, pss
from raw_client import Connection, drive
from s3_peers import NAMES, Peer, running
from s3_run import MB, Run

from emulator.store import Entry, Store

THREADS = 8
BUCKET = "bench"
KB = 1 << 10
MANY, FEW = 1_000_000, 2000
WRK = re.compile(r"Requests/sec:\s+([\d.]+)")
SCOPE = "Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
SIGNED = f"Authorization: AWS4-HMAC-SHA256 {SCOPE}"
MORE = re.compile(rb"<NextContinuationToken>([^<]+)<")


def small(run: Run) -> None:
    """1 KB objects, eight threads."""
    body = bytes(KB)

    def put(peer: Peer) -> None:
        client = peer.client()
        _spread(lambda number: client.put_object(Bucket=BUCKET, Key=f"small/{number}", Body=body), run.requests)

    def get(peer: Peer) -> None:
        client = peer.client()
        _spread(lambda number: client.get_object(Bucket=BUCKET, Key=f"small/{number}")["Body"].read(), run.requests)

    def plain(method: str, data: bytes) -> Callable[[Peer], None]:
        return lambda peer: _plain(peer, method, data, run.requests)

    run.measure("put 1 KB", "/s", run.requests, put)
    run.measure("get 1 KB", "/s", run.requests, get)
    run.measure("put 1 KB, sockets", "/s", run.requests, plain("PUT", body))
    run.measure("get 1 KB, sockets", "/s", run.requests, plain("GET", b""))


def files(run: Run) -> None:
    """Whole files through boto3's transfer manager."""
    for size in run.sizes:
        source, target = _file(run, size), run.folder / "down"

        def up(peer: Peer, source: Path = source) -> None:
            peer.client().upload_file(str(source), BUCKET, source.name)

        def down(peer: Peer, source: Path = source, target: Path = target) -> None:
            peer.client().download_file(BUCKET, source.name, str(target))

        run.measure(f"upload_file {size} MB", "MB/s", size, up, writes=size)
        run.measure(f"download_file {size} MB", "MB/s", size, down, writes=size)
        target.unlink()


def curl(run: Run) -> None:
    """One connection, no checksums."""
    size = max(run.sizes)
    source = _file(run, size)

    def put(peer: Peer) -> None:
        _curl("--upload-file", str(source), "--output", "/dev/null", f"{peer.url}/{BUCKET}/curl")

    def get(peer: Peer) -> None:
        _curl("--output", "/dev/null", f"{peer.url}/{BUCKET}/curl")

    run.measure(f"curl PUT {size} MB", "MB/s", size, put, writes=size)
    run.measure(f"curl GET {size} MB", "MB/s", size, get)


def wrk(run: Run) -> None:
    """The smallest client there is."""
    if not shutil.which("wrk"):
        print("wrk is not installed: left out")
        return
    for peer in run.peers:
        peer.client().put_object(Bucket=BUCKET, Key="wrk", Body=bytes(KB))
    rates: dict[str, float] = {}

    def get(peer: Peer) -> None:
        command = ["wrk", "-t1", f"-c{THREADS}", "-d3s", "-H", SIGNED, f"{peer.url}/{BUCKET}/wrk"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        match = WRK.search(done.stdout)
        rates[peer.name] = max(rates.get(peer.name, 0.0), float(match[1]) if match else 0.0)

    run.measure("wrk GET 1 KB, 3 s", "(runs)", 1, get)
    for name, rate in rates.items():
        print(f"{'wrk GET 1 KB':26} {name:10} {rate:10.1f} /s")
        run.results["wrk GET 1 KB, 3 s"][name].rate = rate


def listing(run: Run) -> None:
    """Every page of a listing."""
    for peer in run.peers:
        if peer.name != "raw":
            _fill(peer, run.keys)

    def pages(peer: Peer) -> None:
        paginator = peer.client().get_paginator("list_objects_v2")
        count = sum(page["KeyCount"] for page in paginator.paginate(Bucket=BUCKET, Prefix="list/"))
        _complete(peer, count, run.keys)

    def plain(peer: Peer) -> None:
        _complete(peer, _plain_list(peer, BUCKET, "list/"), run.keys)

    run.measure(f"list {run.keys} keys", "keys/s", run.keys, pages, skip=("raw",))
    run.measure(f"list {run.keys} keys, sockets", "keys/s", run.keys, plain, skip=("raw",))


def million(run: Run) -> None:
    """Pages of a large bucket and of a small one; rows are written into the index beside the running server."""
    client = run.ours.client()
    store = Store(run.ours.folder / "state.db")
    for bucket, count in (("few", FEW), ("million", MANY)):
        client.create_bucket(Bucket=bucket)
        for begin in range(0, count, 50_000):
            with store.transaction():
                for number in range(begin, min(count, begin + 50_000)):
                    store.objects.put(Entry(f"{number % 100:03}/{number:07}", bucket, etag="0" * 32), "Enabled")
    store.close()
    asks: dict[str, dict[str, Any]] = {
        "first page": {},
        "page from the middle": {"StartAfter": "050/"},
        "prefix": {"Prefix": "099/", "MaxKeys": FEW // 100},
        "delimiter": {"Delimiter": "/"},
    }
    for what, ask in asks.items():
        milliseconds = {bucket: _page_time(client, bucket, ask) for bucket in ("few", "million")}
        print(f"{what:26} of {FEW} keys {milliseconds['few']:8.1f} ms, of a million {milliseconds['million']:8.1f} ms")
    others = {peer.name for peer in run.peers} - {run.ours.name}

    def whole(peer: Peer) -> None:
        _complete(peer, _plain_list(peer, "million", ""), MANY)

    run.measure("list a million, sockets", "keys/s", MANY, whole, rounds=1, skip=others)


def bars(run: Run) -> bool:
    """Hold this run against what the project asks for, as far as it has the figures; whether all is kept."""
    print()
    largest = max(run.sizes)
    up, down = f"upload_file {largest} MB", f"download_file {largest} MB"
    listed = f"list {run.keys} keys"
    kept = [
        run.least_ratio(up, "raw", 0.9),
        run.least_ratio(down, "raw", 0.9),
        run.most_cpu(up, largest * MB / 2**30, 2.0),
        run.most_cpu(down, largest * MB / 2**30, 0.6),
        run.most_memory(60),
        run.least_ratio("put 1 KB, sockets", "ministack", 1.3),
        run.least_ratio("get 1 KB, sockets", "ministack", 1.3),
        run.least_ratio(f"{listed}, sockets", "ministack", 2.0),
    ]
    print("\nwithout a bar: through boto3, whose own time is most of it (see what is left to win: raw / ministack)")
    for phase in ("put 1 KB", "get 1 KB"):
        run.tell_ratio(phase, "ministack", of="raw")
    for phase in ("put 1 KB", "get 1 KB", listed, "wrk GET 1 KB, 3 s"):
        run.tell_ratio(phase, "ministack")
    for phase in ("put 1 KB", "get 1 KB", listed):
        run.tell_less_cpu(phase, "ministack")
    return all(kept)


def _spread(work: Callable[[int], object], count: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, range(count)):
            pass


def _file(run: Run, size: int) -> Path:
    """A file of ``size`` MB."""
    path = run.folder / f"{size}mb"
    if not path.exists():
        block = os.urandom(MB)
        with path.open("wb") as file:
            for _ in range(size):
                file.write(block)
    return path


def _curl(*arguments: str) -> None:
    subprocess.run(["curl", "--silent", "--show-error", "--fail", "--header", SIGNED, *arguments], check=True)


def _plain(peer: Peer, method: str, body: bytes, count: int) -> None:
    """Requests for 1 KB objects over sockets, on as many connections as boto3 has threads."""

    def caller() -> Callable[[int], None]:
        connection = Connection(peer.port)

        def one(number: int) -> None:
            head = f"{method} /{BUCKET}/small/{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n{SIGNED}\r\n"
            _ok(*connection.ask(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body))

        return one

    drive(caller, THREADS, 600, count)


def _plain_list(peer: Peer, bucket: str, prefix: str) -> int:
    """Keys in all pages of a listing, counted without an XML parser."""
    connection, count, more = Connection(peer.port), 0, ""
    while True:
        query = f"list-type=2&encoding-type=url&prefix={prefix}{more}"
        head = f"GET /{bucket}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n{SIGNED}\r\n\r\n"
        page = _ok(*connection.ask(head.encode()))
        count += page.count(b"<Contents>")
        found = MORE.search(page)
        if found is None:
            connection.close()
            return count
        more = f"&continuation-token={quote(found[1].decode(), safe='')}"


def _ok(status: int, body: bytes) -> bytes:
    if status != 200:
        raise RuntimeError(f"{status}: {body[:300]!r}")
    return body


def _complete(peer: Peer, count: int, wanted: int) -> None:
    if count != wanted:
        raise RuntimeError(f"{peer.name} lists {count} keys of {wanted}")


def _page_time(client: Any, bucket: str, ask: dict[str, Any]) -> float:
    """Milliseconds a page takes, of ten."""
    begun = time.perf_counter()
    for _ in range(10):
        client.list_objects_v2(Bucket=bucket, **ask)
    return (time.perf_counter() - begun) * 100


def _fill(peer: Peer, keys: int) -> None:
    """Empty objects through plain HTTP: what is measured is the listing."""

    def some(worker: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", peer.port)
        name, _, value = SIGNED.partition(": ")
        headers = {"Content-Length": "0", name: value}
        for number in range(worker, keys, THREADS):
            connection.request("PUT", f"/{BUCKET}/list/{number:06}", headers=headers)
            connection.getresponse().read()

    _spread(some, THREADS)


PHASES = {"small": small, "files": files, "curl": curl, "wrk": wrk, "list": listing, "million": million}


def main() -> int:
    """Run the phases named, or all, and print the bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phases", nargs="*", metavar="phase", help=f"any of {', '.join(PHASES)} (default: all)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 1024], help="MB")
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=2000, help="1 KB requests of a round")
    parser.add_argument("--peers", nargs="*", default=list(NAMES[1:]), choices=NAMES[1:])
    chosen = parser.parse_args()
    end_on_signals()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-files-")))
        peers = [stack.enter_context(running(name)) for name in (NAMES[0], *chosen.peers)]
        run = Run(peers, chosen.sizes, chosen.keys, chosen.requests, folder)
        for peer in peers:
            peer.client().create_bucket(Bucket=BUCKET)
            run.idle[peer.name] = pss(peer.pid)
        for phase in chosen.phases or PHASES:
            PHASES[phase](run)
        return 0 if bars(run) else 1


if __name__ == "__main__":
    sys.exit(main())
