"""A server of our own for a benchmark, the peer's ``docker run``, memory readings, ratios, bars, and an orderly end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
import docker


def docker_run(image: str, command: list[str]) -> None:
    """``docker run --rm`` through the SDK, to its end."""
    client = docker.from_env()
    client.containers.run(image, entrypoint=command[:1], command=command[1:], remove=True)
    client.close()


def report(what: str, ours: float, peer: float, ratio: float) -> None:
    """One line: both medians in seconds, and the ratio."""
    print(f"{what:48} {ours:8.3f} s {peer:8.3f} s   ratio {ratio:5.2f}", flush=True)


def bar(what: str, value: float, limit: float, unit: str, least: bool) -> bool:
    """Print one bar; whether it is kept."""
    kept = value >= limit if least else value <= limit
    print(f"{what:52} {value:8.2f} {unit:4} (bar: {'>=' if least else '<='} {limit:g}) {'ok' if kept else 'MISSED'}")
    return kept


def end_on_signals() -> None:
    """Make SIGINT, SIGTERM and SIGHUP leave all ``with`` blocks, so that no server outlives its benchmark.

    Not left to Python: it has no handler for two of them, nor for SIGINT where a shell started us in the background.
    """

    def end(number: int, frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for each in signals:
        signal.signal(each, end)


def ended(process: subprocess.Popen[bytes], patience: float = 30) -> None:
    """Have a server end; by force when it does not."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, queue = [], [pid]
    while queue:
        found.append(queue.pop())
        queue.extend(parents.get(found[-1], []))
    return found


def pss(pid: int) -> int:
    """Proportional set size of a process tree, in bytes."""
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


class Peak:
    """The highest memory seen while sampling, in bytes."""

    value = 0


class Server:
    """A server on a free port with a data folder of its own; stopped and removed at the end."""

    def __init__(self, executor: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-")
        self._executor = executor

    def __enter__(self) -> Server:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "emulator", "serve", "--port", str(port), "--executor", self._executor],
            env={**os.environ, "SAGEMAKER_EMULATOR_DATA_DIR": self._folder.name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.until(self._answers)
        except BaseException:
            ended(self._process)
            raise
        self.started_in = time.perf_counter() - begun
        self.pid = self._process.pid
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended(self._process)
        self._folder.cleanup()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/_emulator/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def until(self, done: Callable[[], bool], patience: float = 120) -> None:
        """Ask every 5 ms until it is so; TimeoutError after ``patience`` seconds."""
        end = time.monotonic() + patience
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"not done after {patience} s")
            time.sleep(0.005)

    def client(self, service: str) -> Any:
        """A boto3 client of this server."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def run_script(self, text: str, *arguments: str) -> None:
        """Run a Python script under ``sagemaker-emulator run`` against this server."""
        environment = {
            **os.environ,
            "SAGEMAKER_EMULATOR_DATA_DIR": self._folder.name,
            "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
        }
        subprocess.run(
            [sys.executable, "-P", "-m", "emulator", "run", "--", sys.executable, "-c", text, *arguments],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def peak_memory(self) -> contextlib.AbstractContextManager[Peak]:
        """:func:`peak_memory` of this server."""
        return peak_memory(self.pid)


@contextlib.contextmanager
def peak_memory(pid: int, every: float = 0.05) -> Iterator[Peak]:
    """Sample a tree's PSS (bytes) every so many seconds while the block runs."""
    peak, over = Peak(), threading.Event()

    def sample() -> None:
        while not over.wait(every):
            peak.value = max(peak.value, pss(pid))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
