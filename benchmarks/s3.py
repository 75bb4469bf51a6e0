"""S3 side by side with other servers in one run: what each phase gave, and the ratios against the bars.

Every phase runs on all servers before the next begins, with the same client in the same process, so that a busy
machine slows all of them. ``raw`` is a file server without any S3 (``raw_server.py``): the floor.

* ``small``   1 KB PutObject and GetObject through boto3, 8 threads
* ``files``   ``upload_file`` and ``download_file`` per size in ``--sizes`` (MB)
* ``curl``    PUT and GET of the largest size, one connection, no client library
* ``wrk``     GET of a 1 KB object, 8 connections (where wrk is installed)
* ``list``    all pages of ListObjectsV2 over ``--keys`` keys
* ``million`` (only when named) pages of a bucket of a million keys against pages of a bucket of two thousand

Usage: ``python benchmarks/s3.py [phase ...] [--sizes 64 1024] [--keys 20000] [--peers raw ministack moto]``. A run of a
minute: ``--sizes 64 --keys 2000``. moto is left out above 64 MB and 2,000 keys: it needs minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import pss
from s3_peers import NAMES, Peer, running

from emulator.store import Entry, Store

THREADS = 8
BUCKET = "bench"
KB, MB = 1 << 10, 1 << 20
MOTO_MB, MOTO_KEYS = 64, 2000
PHASES = ("small", "files", "curl", "wrk", "list")


@dataclass
class Measured:
    """One phase on one server: what it did per second, server CPU seconds, the server's peak memory over idle."""

    rate: float
    cpu: float
    peak: float


@dataclass
class Run:
    """All servers, the options, and what was measured: ``results[phase][server]``."""

    peers: list[Peer]
    sizes: list[int]
    keys: int
    requests: int
    folder: Path
    idle: dict[str, int] = field(default_factory=dict)
    results: dict[str, dict[str, Measured]] = field(default_factory=dict)

    def measure(
        self,
        phase: str,
        unit: str,
        amount: float,
        work: Callable[[Peer], object],
        skip: Iterable[str] = (),
        best_of: int = 1,
    ) -> None:
        """Do ``work`` on each server in turn and print; the rate is ``amount`` over wall seconds, the best round's."""
        row = self.results.setdefault(phase, {})
        for _ in range(best_of):
            for peer in self.peers:
                if peer.name in skip:
                    continue
                found = self._once(peer, amount, work)
                if peer.name not in row or found.rate > row[peer.name].rate:
                    row[peer.name] = found
        for name, found in row.items():
            print(
                f"{phase:24} {name:10} {found.rate:10.1f} {unit:6} cpu {found.cpu:7.2f} s"
                f"  peak over idle {found.peak / MB:7.1f} MB",
                flush=True,
            )

    def _once(self, peer: Peer, amount: float, work: Callable[[Peer], object]) -> Measured:
        cpu, begun = peer.cpu(), time.perf_counter()
        with peer.peak_memory() as peak:
            work(peer)
            seconds = time.perf_counter() - begun
        peak.value = max(peak.value, pss(peer.pid))
        return Measured(amount / seconds, peer.cpu() - cpu, peak.value - self.idle[peer.name])

    def without(self, *names: str, moto: bool = True) -> set[str]:
        """Names to skip; moto where ``moto`` is false."""
        return {*names, *(() if moto else ("moto",))}


def small(run: Run) -> None:
    """1 KB objects, eight threads."""
    body = bytes(KB)

    def put(peer: Peer) -> None:
        client = peer.client()
        _spread(lambda number: client.put_object(Bucket=BUCKET, Key=f"small/{number}", Body=body), run.requests)

    def get(peer: Peer) -> None:
        client = peer.client()
        _spread(lambda number: client.get_object(Bucket=BUCKET, Key=f"small/{number}")["Body"].read(), run.requests)

    run.measure("put 1 KB", "/s", run.requests, put, best_of=2)
    run.measure("get 1 KB", "/s", run.requests, get, best_of=2)


def files(run: Run) -> None:
    """Whole files through boto3's transfer manager."""
    for size in run.sizes:
        source, target = _file(run, size), run.folder / "down"
        skip = run.without(moto=size <= MOTO_MB)

        def up(peer: Peer, source: Path = source) -> None:
            peer.client().upload_file(str(source), BUCKET, source.name)

        def down(peer: Peer, source: Path = source, target: Path = target) -> None:
            peer.client().download_file(BUCKET, source.name, str(target))

        run.measure(f"upload_file {size} MB", "MB/s", size, up, skip, best_of=3)
        run.measure(f"download_file {size} MB", "MB/s", size, down, skip, best_of=3)


def curl(run: Run) -> None:
    """One connection, unsigned."""
    size = max(run.sizes)
    source = _file(run, size)
    skip = run.without(moto=size <= MOTO_MB)

    def put(peer: Peer) -> None:
        _curl("--upload-file", str(source), "--output", "/dev/null", f"{peer.url}/{BUCKET}/curl")

    def get(peer: Peer) -> None:
        _curl("--output", "/dev/null", f"{peer.url}/{BUCKET}/curl")

    run.measure(f"curl PUT {size} MB", "MB/s", size, put, skip)
    run.measure(f"curl GET {size} MB", "MB/s", size, get, skip)


def wrk(run: Run) -> None:
    """The smallest client there is."""
    if not shutil.which("wrk"):
        print("wrk is not installed: left out")
        return
    for peer in run.peers:
        peer.client().put_object(Bucket=BUCKET, Key="wrk", Body=bytes(KB))
    rates: dict[str, float] = {}

    def get(peer: Peer) -> None:
        command = ["wrk", "-t1", f"-c{THREADS}", "-d3s", f"{peer.url}/{BUCKET}/wrk"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        match = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        rates[peer.name] = float(match[1]) if match else 0.0

    run.measure("wrk GET 1 KB, 3 s", "(runs)", 1, get)
    for name, rate in rates.items():
        print(f"{'wrk GET 1 KB':24} {name:10} {rate:10.1f} /s")


def listing(run: Run) -> None:
    """Every page of a listing."""
    skip = run.without("raw", moto=run.keys <= MOTO_KEYS)
    for peer in run.peers:
        if peer.name not in skip:
            _fill(peer, run.keys)

    def pages(peer: Peer) -> None:
        paginator = peer.client().get_paginator("list_objects_v2")
        count = sum(page["KeyCount"] for page in paginator.paginate(Bucket=BUCKET, Prefix="list/"))
        if count != run.keys:
            raise RuntimeError(f"{peer.name} lists {count} keys of {run.keys}")

    run.measure(f"list {run.keys} keys", "keys/s", run.keys, pages, skip, best_of=3)


def million(run: Run) -> None:
    """Pages of a large bucket and of a small one; rows are written into the index beside the running server."""
    peer = next(peer for peer in run.peers if peer.name == "emulator")
    client = peer.client()
    store = Store(peer.folder / "state.db")
    for bucket, count in (("few", 2000), ("million", 1_000_000)):
        client.create_bucket(Bucket=bucket)
        for begin in range(0, count, 50_000):
            with store.transaction():
                for number in range(begin, min(count, begin + 50_000)):
                    store.objects.put(Entry(f"{number % 100:03}/{number:07}", bucket, etag="0" * 32), "Enabled")
    store.close()
    asks: dict[str, dict[str, Any]] = {
        "first page": {},
        "page from the middle": {"StartAfter": "050/"},
        "prefix": {"Prefix": "099/"},
        "delimiter": {"Delimiter": "/"},
    }
    for what, ask in asks.items():
        times = {}
        for bucket in ("few", "million"):
            begun = time.perf_counter()
            for _ in range(10):
                client.list_objects_v2(Bucket=bucket, **ask)
            times[bucket] = (time.perf_counter() - begun) * 100
        print(f"{what:24} of 2,000 keys {times['few']:8.1f} ms, of a million {times['million']:8.1f} ms")


def bars(run: Run) -> None:
    """The ratios the project asks for, as far as this run has the figures."""
    print()
    largest = max(run.sizes)
    for what in ("upload_file", "download_file"):
        _ratio(run, f"{what} {largest} MB", "raw", 0.9)
    for what, limit in (("upload_file", 2.0), ("download_file", 0.6)):
        found = run.results.get(f"{what} {largest} MB", {}).get("emulator")
        if found:
            cpu = found.cpu * 1024 / largest
            print(f"{what + ' server CPU':36} {cpu:6.2f} s/GB   bar {limit:4.1f}   {_verdict(cpu <= limit)}")
    peaks = [row["emulator"].peak for row in run.results.values() if "emulator" in row]
    if peaks:
        peak = max(peaks) / MB
        print(f"{'peak memory over idle':36} {peak:6.1f} MB     bar   60   {_verdict(peak < 60)}")
    for what, bar in (("put 1 KB", 1.3), ("get 1 KB", 1.3), (f"list {run.keys} keys", 2.0)):
        _ratio(run, what, "ministack", bar)


def _ratio(run: Run, phase: str, peer: str, bar: float) -> None:
    row = run.results.get(phase, {})
    if "emulator" in row and peer in row:
        ratio = row["emulator"].rate / row[peer].rate
        print(f"{phase + ' / ' + peer:36} {ratio:6.2f} x      bar {bar:4.1f}   {_verdict(ratio >= bar)}")


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def _spread(work: Callable[[int], object], count: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, range(count)):
            pass


def _file(run: Run, size: int) -> Path:
    """A file of ``size`` MB that does not compress to nothing."""
    path = run.folder / f"{size}mb"
    if not path.exists():
        block = bytes(range(256)) * (MB // 256)
        with path.open("wb") as file:
            for _ in range(size):
                file.write(block)
    return path


def _curl(*arguments: str) -> None:
    subprocess.run(["curl", "--silent", "--show-error", "--fail", *arguments], check=True)


def _fill(peer: Peer, keys: int) -> None:
    """Empty objects through plain HTTP: what is measured is the listing."""

    def some(worker: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", peer.port)
        for number in range(worker, keys, THREADS):
            connection.request("PUT", f"/{BUCKET}/list/{number:06}", headers={"Content-Length": "0"})
            connection.getresponse().read()

    _spread(some, THREADS)


WORK = {"small": small, "files": files, "curl": curl, "wrk": wrk, "list": listing, "million": million}


def main() -> int:
    """Run the phases named, or all but ``million``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phases", nargs="*", metavar="phase", help=f"any of {', '.join(WORK)}")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 1024], help="MB")
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=2000, help="1 KB requests of a round")
    parser.add_argument("--peers", nargs="*", default=list(NAMES[1:]), choices=NAMES[1:])
    chosen = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-files-")))
        peers = [stack.enter_context(running(name)) for name in (NAMES[0], *chosen.peers)]
        run = Run(peers, chosen.sizes, chosen.keys, chosen.requests, folder)
        for peer in peers:
            peer.client().create_bucket(Bucket=BUCKET)
            run.idle[peer.name] = pss(peer.pid)
        for phase in chosen.phases or PHASES:
            WORK[phase](run)
        bars(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
