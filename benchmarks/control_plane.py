"""The control plane beside moto_server in one run: create, describe and list models, with 11,000 of them present.

Every measurement is taken on both servers before the next begins, with the same client in the same process, so that a
busy machine slows both. ``raw`` is HTTP over sockets (raw_client.py), ``boto3`` what a user's program does.

Usage: ``python benchmarks/control_plane.py [--models 11000] [--seconds 3]``. A run of a minute: ``--models 1000``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from harness import bar, end_on_signals, pss
from raw_client import Load, Make, drive, names, raw_caller
from s3_peers import Peer, running

ROLE = "arn:aws:iam::123456789012:role/bench"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
PAGE = 50
SOME = 1000
NAMES = ("emulator", "moto")
MB = 1 << 20


@dataclass
class Measured:
    """One measurement on one server."""

    load: Load
    cpu: float

    @property
    def cpu_per_call(self) -> float:
        """Seconds of server CPU; /proc counts in hundredths, so few calls of a fast server read as zero."""
        return self.cpu / len(self.load.latencies)


@dataclass
class Bench:
    """Both servers, how long to measure, and what was measured: ``results[what][server]``."""

    peers: list[Peer]
    seconds: float
    results: dict[str, dict[str, Measured]] = field(default_factory=dict)
    fresh: Iterator[str] = field(default_factory=lambda: names("model"))

    def measure(self, what: str, calls: Callable[[Peer], Callable[[], Callable[[int], None]]], threads: int) -> None:
        """Drive both servers in turn and print rate, latencies and CPU of each, and the ratios."""
        row = self.results.setdefault(what, {})
        for peer in self.peers:
            before = peer.cpu()
            load = drive(calls(peer), threads, self.seconds)
            row[peer.name] = Measured(load, peer.cpu() - before)
            self._print(what, peer.name, row[peer.name])
        ours, moto = row["emulator"], row["moto"]
        rate, cpu = ours.load.rate / moto.load.rate, moto.cpu_per_call / max(ours.cpu_per_call, 1e-9)
        print(f"{'':32} {'ratio':9} {rate:10.1f} x {'':>25} {cpu:8.1f} x less", flush=True)

    def _print(self, what: str, name: str, found: Measured) -> None:
        load = found.load
        middle, late = load.percentile(0.5) * 1000, load.percentile(0.99) * 1000
        print(
            f"{what:32} {name:9} {load.rate:10.1f}/s  p50 {middle:8.2f} p99 {late:8.2f} ms"
            f" {found.cpu_per_call * 1000:9.3f} ms CPU",
            flush=True,
        )


def model(name: str) -> dict[str, Any]:
    """A CreateModel request."""
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz", "Environment": environment}
    return {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": container}


def client(peer: Peer) -> Any:
    """A boto3 SageMaker client."""
    return boto3.client(
        "sagemaker",
        endpoint_url=peer.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(max_pool_connections=16),
    )


def both(bench: Bench, what: str, make: Make, method: str, different: int = 0) -> None:
    """A call on 1 and 8 threads, raw and through boto3."""
    for threads in (1, 8):
        bench.measure(f"{what} raw, {threads} thread(s)", lambda peer: raw_caller(peer.port, make, different), threads)
    for threads in (1, 8):
        bench.measure(f"{what} boto3, {threads} thread(s)", lambda peer: boto3_caller(peer, make, method), threads)


def boto3_caller(peer: Peer, make: Make, method: str) -> Callable[[], Callable[[int], None]]:
    """For ``drive``: callers that share one client, as boto3's may be."""
    function = getattr(client(peer), method)
    return lambda: lambda number: function(**make(number)[1]) and None


def fill(peer: Peer, wanted: int) -> None:
    """Models up to ``wanted``, named so that every one can be described."""
    drive(raw_caller(peer.port, lambda number: ("CreateModel", model(f"present-{number}"))), 8, 1e9, wanted)


def first_answer(peer: Peer) -> None:
    """Ask for a ListModels."""
    drive(raw_caller(peer.port, lambda number: ("ListModels", {})), 1, 60, 1)


def starting(name: str) -> tuple[float, float]:
    """Wall and CPU seconds from start to the answer to a ListModels: the middle of five, one before is not counted."""
    found = []
    for _ in range(6):
        begun = time.perf_counter()
        with running(name) as peer:
            first_answer(peer)
            found.append((time.perf_counter() - begun, peer.cpu()))
    wall, cpu = zip(*found[1:], strict=True)
    return statistics.median(wall), statistics.median(cpu)


def main() -> int:
    """Measure all and print the bars; 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=11_000, help="models present (default: 11000)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement (default: 3)")
    given = parser.parse_args()
    end_on_signals()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode; so has who started once
    starts = {name: starting(name) for name in NAMES}
    with ExitStack() as stack:
        peers = [stack.enter_context(running(name)) for name in NAMES]
        for peer in peers:
            first_answer(peer)
        time.sleep(2)
        idle = {peer.name: pss(peer.pid) / MB for peer in peers}
        bench = Bench(peers, given.seconds)
        for name, (wall, cpu) in starts.items():
            print(f"{name:9} first answer after {wall:.2f} s ({cpu:.2f} s of CPU), idle PSS {idle[name]:.1f} MB")
        both(bench, "create", lambda number: ("CreateModel", model(next(bench.fresh))), "create_model")
        for peer in bench.peers:
            fill(peer, given.models)
        both(
            bench, "describe", lambda n: ("DescribeModel", {"ModelName": f"present-{n % SOME}"}), "describe_model", SOME
        )
        both(bench, "list 50", lambda number: ("ListModels", {"MaxResults": PAGE}), "list_models", 1)
        return 0 if bars(bench.results, starts["emulator"][0], idle["emulator"]) else 1


def bars(results: dict[str, dict[str, Measured]], started: float, idle: float) -> bool:
    """Print what the issue asks for; whether all of it is kept."""
    describe = {threads: results[f"describe raw, {threads} thread(s)"] for threads in (1, 8)}
    pages = results["list 50 raw, 1 thread(s)"]
    kept = [
        bar(
            f"describe, raw, {n} thread(s): rate / moto's",
            row["emulator"].load.rate / row["moto"].load.rate,
            10,
            "x",
            True,
        )
        for n, row in describe.items()
    ]
    less = pages["moto"].cpu_per_call / pages["emulator"].cpu_per_call
    kept.append(bar("list page of 50: moto's server CPU / ours", less, 100, "x", True))
    kept.append(bar("list page of 50: server CPU", pages["emulator"].cpu_per_call * 1000, 2, "ms", False))
    kept.append(bar("start to first answer", started, 1, "s", False))
    kept.append(bar("idle PSS of all processes", idle, 90, "MB", False))
    return all(kept)


if __name__ == "__main__":
    sys.exit(main())
