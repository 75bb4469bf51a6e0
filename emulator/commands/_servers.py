"""Finding the running server of a data folder, and starting one. Standard library only: the pytest plugin uses it too.

A server writes ``server.json`` into its data folder when it is ready and removes it when it stops. What the file says
is believed only if the health address answers with the same process id; after ``kill -9`` the file lies.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import site
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from emulator import config, credentials
from emulator.commands._output import Failure
from emulator.credentials import KeyPairs

STATE_FILE = "server.json"
LOG_FILE = "server.log"
LOG_LIMIT = 10 << 20
JOBS = {"TrainingJob", "ProcessingJob", "TransformJob"}
ROOT = Path(__file__).resolve().parents[2]

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """The one flag of commands that talk to a running server."""
    parser.add_argument(
        "--data-dir", type=config.filled(Path), default=None, help="the data folder of the server to talk to"
    )


def settings_of(arguments: argparse.Namespace) -> config.Settings:
    """Settings from a command's flags and the environment. Raises :class:`Failure`."""
    try:
        return config.load(vars(arguments))
    except ValueError as error:
        raise Failure(str(error)) from error


def data_dir_of(arguments: argparse.Namespace) -> Path:
    """The data folder a command means."""
    return settings_of(arguments).data_dir


def ask(url: str, path: str, method: str = "GET", timeout: float = 5.0) -> Any:
    """JSON from ``/_emulator/<path>`` of a server, never through a proxy. Raises ``OSError`` if it does not answer."""
    request = urllib.request.Request(f"{url}/_emulator/{path}", method=method)
    with _direct.open(request, timeout=timeout) as answer:
        return json.load(answer)


def find(data_dir: Path) -> dict[str, Any] | None:
    """The health of the server that runs on a data folder, or ``None``."""
    try:
        noted = json.loads((data_dir / STATE_FILE).read_text())
        health: dict[str, Any] = ask(noted["url"], "health")
    except (OSError, ValueError, KeyError):
        return None
    return health if health.get("pid") == noted["pid"] else None


def need(data_dir: Path) -> dict[str, Any]:
    """The running server's health. Raises :class:`Failure` if there is none."""
    health = find(data_dir)
    if health is None:
        raise Failure(f"no server runs on {data_dir}; start one with: sagemaker-emulator serve")
    return health


def unfinished(health: Mapping[str, Any]) -> int:
    """How many jobs of a server have not ended. Raises ``OSError`` if it does not answer."""
    rows = ask(health["url"], "state")["records"]
    return sum(row["count"] for row in rows if row["kind"] in JOBS and row["status"] == "InProgress")


def key_pairs(health: Mapping[str, Any]) -> KeyPairs:
    """The key pairs a server takes, its own account's first; empty where every pair does. Raises :class:`Failure`."""
    if health.get("auth") != "strict":
        return KeyPairs()
    try:
        return credentials.read(Path(health["data_dir"]) / credentials.FILE)
    except credentials.BadKeyPair as error:
        raise Failure(f"the server checks signatures, and its key pairs cannot be read: {error}") from error


def command(*arguments: str) -> list[str]:
    """The command line of our own program; ``-P`` keeps the current folder's modules out."""
    return [sys.executable, "-P", "-m", "emulator", *arguments]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The server's environment: the user's ``PYTHONPATH`` must not put other modules before ours."""
    clean = {name: value for name, value in environ.items() if name != "PYTHONPATH"}
    if str(ROOT) not in site.getsitepackages():
        clean["PYTHONPATH"] = str(ROOT)
    return clean


@contextlib.contextmanager
def started(arguments: Sequence[str], data_dir: Path, wait: float = 60.0) -> Iterator[dict[str, Any]]:
    """A server of our own on ``data_dir``, ended with the block (or with this process). Gives its health."""
    log = data_dir / LOG_FILE
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.unlink()
        sink = log.open("ab")
    except OSError as error:
        raise Failure(f"{data_dir} cannot be used: {error.strerror}; give another one with --data-dir") from error
    words = command("serve", "--data-dir", str(data_dir), "--with-parent", *arguments)
    with sink:
        # A session of its own: Ctrl-C is for the user's program first; we end the server when that has ended.
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment(os.environ),
            start_new_session=True,
        )
    try:
        yield _ready(process, data_dir, log, time.monotonic() + wait)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(process: subprocess.Popen[bytes], data_dir: Path, log: Path, deadline: float) -> dict[str, Any]:
    while time.monotonic() < deadline:
        health = find(data_dir)
        if health is not None and health["pid"] == process.pid:
            return health
        if process.poll() is not None:
            break
        time.sleep(0.02)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise Failure(f"the server did not start; the end of {log}:\n{tail}")
