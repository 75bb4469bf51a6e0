"""``serve``: the server in the foreground. SIGTERM and Ctrl-C end it in order; a second one ends it at once."""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator import config, credentials
from emulator.commands import _parent
from emulator.commands._output import BOLD, Failure, note, say, styled
from emulator.commands._servers import STATE_FILE, settings_of, unfinished

if TYPE_CHECKING:
    from emulator.app import App
    from emulator.server import Server

HELP = "run the server until it is told to stop"
ENOUGH_FILES = 1 << 16
GRACE = 5.0
"""Seconds that requests under way get at the end; held Describe calls are longer and are cut off."""


def add(parser: argparse.ArgumentParser) -> None:
    config.add_flags(parser)
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one ends")
    parser.add_argument("-v", "--verbose", action="store_true", help="log every request")


def run(arguments: argparse.Namespace) -> int:
    stop = threading.Event()
    _stop_on_signals(stop)
    if arguments.with_parent:
        _parent.watch(stop)
    _set_up_logging(arguments.verbose)
    _allow_many_files()
    settings = settings_of(arguments)
    if settings.executor == "docker":
        _need_docker(settings)
    with _running(settings) as health:
        _greet(health, settings)
        stop.wait()
        _say_what_goes_on(health)
    logging.shutdown()
    # Threads of requests that outlived the grace must not keep the process.
    sys.stdout.flush()
    os._exit(0)


def _need_docker(settings: config.Settings) -> None:
    """Who names Docker wants it: without a daemon every job would fail."""
    from emulator.executors.docker import DockerExecutor

    finding = DockerExecutor.probe(settings.data_dir)
    if not finding.usable:
        raise Failure(f"{finding.detail}: start Docker, set DOCKER_HOST, or use --executor process or auto")


def _set_up_logging(verbose: bool) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    if not verbose:
        logging.getLogger("emulator.gateway").setLevel(logging.WARNING)


def _allow_many_files() -> None:
    """Take more descriptors than a shell gives: every silent connection is one. Not all there are: jobs inherit the
    limit, and old programs walk through it."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH_FILES if most == resource.RLIM_INFINITY else min(ENOUGH_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))


@contextmanager
def _running(settings: config.Settings) -> Iterator[dict[str, Any]]:
    from emulator.app import App, DataFolderError, WrongHandlers
    from emulator.executors.base import ExecutorError
    from emulator.proxy import Authority, Door
    from emulator.server import ListenError, Server, bind, in_url, port_of, reachable

    try:
        main = bind(settings.host, settings.port)
        # A proxy that anyone could use is given only to those who ask for it by giving it a port.
        door_socket = bind(settings.host if settings.proxy_port else "127.0.0.1", settings.proxy_port)
        app = App(settings, port_of(main))
    except (ListenError, DataFolderError, WrongHandlers, ExecutorError) as error:
        raise Failure(str(error)) from error
    door = Door(door_socket, (reachable(main), app.port), Authority(settings.data_dir / "ca"))
    app.proxy_url = f"http://{in_url(reachable(door_socket))}:{port_of(door_socket)}"
    app.url = f"http://{in_url(reachable(main))}:{app.port}"
    server = Server(app)
    server.listen(main)
    listen_for_containers(server, app, settings.host)
    door.start()
    app.start()
    state = settings.data_dir / STATE_FILE
    _write_json(state, app.health())
    try:
        yield app.health()
    finally:
        state.unlink(missing_ok=True)
        door.stop()
        server.stop(GRACE)
        app.close()


def listen_for_containers(server: Server, app: App, host: str) -> None:
    """Listen also where containers reach this machine (the bridge's gateway)."""
    from emulator.server import ListenError, bind

    if host in {"0.0.0.0", "::"}:
        return
    for address in app.executor.listen_addresses():
        try:
            if address != host:
                server.listen(bind(address, app.port))
        except ListenError as error:
            logging.getLogger(__name__).warning("jobs will not reach this server: %s", error)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    aside = path.with_suffix(".tmp")
    aside.write_text(json.dumps(value, indent=1))
    aside.replace(path)


def _stop_on_signals(stop: threading.Event) -> None:
    def handle(number: int, frame: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, handle)


def _say_what_goes_on(health: dict[str, Any]) -> None:
    """Jobs in Docker outlive us."""
    with suppress(OSError):
        if health["executor"] == "docker" and (jobs := unfinished(health)):
            note(f"{jobs} unfinished job(s) go on in Docker; the next serve on {health['data_dir']} takes them up")


def _greet(health: dict[str, Any], settings: config.Settings) -> None:
    say(f"sagemaker-emulator {health['version']} answers at {styled(BOLD, health['url'], sys.stdout)}")
    say(f"  executor    {health['executor']}")
    say(f"  state       {health['data_dir']}")
    if health["auth"] == "strict":
        say(f"  key pairs   {Path(health['data_dir']) / credentials.FILE}: signatures are checked")
    elif settings.key_pair:
        say("  key pairs   signatures are not checked, pairs only say accounts; to check them: --auth strict")
    say(f"  console     {health['url']}/_emulator/")
    say('  your code   sagemaker-emulator run -- python my_pipeline.py     or: eval "$(sagemaker-emulator env)"')
    say(f"  boto3       boto3.client('sagemaker', endpoint_url='{health['url']}', ...)")
