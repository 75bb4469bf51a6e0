"""``run -- CMD…``: a command in an environment in which AWS is this machine; its exit code is ours.

The server that runs on the data folder is used; if none does, one is started on a free port and ended with the command.
Ctrl-C goes to the command (the terminal sends it to both of us); what it makes of it decides.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emulator import config
from emulator.commands import _servers
from emulator.commands._environment import changes
from emulator.commands._following import following
from emulator.commands._output import Failure, note

HELP = "run a command with AWS being this machine; starts a server, on a free port, unless one runs"


def add(parser: argparse.ArgumentParser) -> None:
    config.add_flags(parser)
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="-- CMD ...", help="the command and its arguments")


def run(arguments: argparse.Namespace) -> int:
    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    if not words:
        raise Failure("say what to run: sagemaker-emulator run -- python my_pipeline.py")
    with _server(arguments) as health:
        return _execute(words, os.environ | changes(health, os.environ))


@contextlib.contextmanager
def _server(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    settings = _servers.settings_of(arguments)
    given = {flag: str(value) for flag, value in _given(arguments)}
    running = _servers.find(settings.data_dir)
    if running is not None:
        if elsewhere := _elsewhere(arguments, running):
            raise Failure(
                f"a server runs already, at {running['url']}: end it first for {elsewhere} to have an effect, "
                "or leave that out"
            )
        note(f"sagemaker-emulator: using the server at {running['url']}")
        if late := [flag for flag in given if flag not in {"--host", "--port"}]:
            note(f"sagemaker-emulator: it runs already: end it first for {', '.join(late)} to have an effect")
        yield running
        return
    # A script asks for the endpoint, so a port that nobody named may be any: 4577 may well be taken.
    if "port" not in arguments and not os.environ.get(f"{config.PREFIX}PORT"):
        given["--port"] = "0"
    log = settings.data_dir / _servers.LOG_FILE
    size = log.stat().st_size if log.exists() else 0
    with _servers.started([word for pair in given.items() for word in pair], settings.data_dir) as health:
        note(f"sagemaker-emulator: started a server at {health['url']} (executor: {health['executor']})")
        with following(log, size):
            yield health
        if unfinished := _unfinished(health):
            note(f"sagemaker-emulator: {unfinished}")


def _elsewhere(arguments: argparse.Namespace, running: dict[str, Any]) -> str:
    """The flags that ask for another address than the running server's: the command may count on it and wait."""
    host, port = getattr(arguments, "host", None), getattr(arguments, "port", None)
    flags = []
    if host not in {None, running.get("host"), urlsplit(running["url"]).hostname}:
        flags.append("--host")
    if port not in {None, 0, urlsplit(running["url"]).port}:
        flags.append("--port")
    return ", ".join(flags)


def _unfinished(health: dict[str, Any]) -> str:
    """What becomes of jobs that outlive the command, and with it the server; ``""`` if there are none."""
    try:
        jobs = _servers.unfinished(health)
    except OSError:
        return f"the server ended before the command did; see {Path(health['data_dir']) / _servers.LOG_FILE}"
    if not jobs:
        return ""
    if health["executor"] == "process":
        return f"{jobs} unfinished job(s) end with the server; one that stays: sagemaker-emulator serve"
    return f"{jobs} unfinished job(s) go on in Docker; a server that takes them up: sagemaker-emulator serve"


def _given(arguments: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    """The server's flags on our command line, without the data folder's."""
    for setting in config.SETTINGS:
        if setting.name != "data_dir" and setting.name in arguments:
            yield setting.flag, getattr(arguments, setting.name)


def _execute(words: list[str], environ: dict[str, str]) -> int:
    """Run the command to its end; its exit code, or 128 + signal as shells have it."""
    sys.stdout.flush()
    try:
        process = subprocess.Popen(words, env=environ)
    except FileNotFoundError as error:
        raise Failure(f"cannot run {words[0]}: {error.strerror}") from error
    except OSError as error:
        raise Failure(f"cannot run {words[0]}: {error}") from error
    with _passing_on(process):
        code = process.wait()
    return 128 - code if code < 0 else code


@contextlib.contextmanager
def _passing_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Signals to us are meant for the command. Ctrl-C it gets from the terminal itself; without one we pass it on."""

    def pass_on(number: int, frame: object) -> None:
        process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    terminal = sys.stdin is not None and sys.stdin.isatty()
    before[signal.SIGINT] = signal.signal(signal.SIGINT, (lambda number, frame: None) if terminal else pass_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
