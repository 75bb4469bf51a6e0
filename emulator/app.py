"""The composition root: makes every part once, hands each what it needs, and is the only importer of ``handlers``.

``handlers`` is a common folder name. A user's own ``handlers/`` in the current folder must never be picked up, so the
server is started as ``python -P -m emulator`` and :func:`load_handlers` checks where the package came from.

One process per data folder: :class:`App` takes a lock there, since two engines would run every job twice.
"""

from __future__ import annotations

import fcntl
import importlib
import importlib.util
import logging
import os
import pkgutil
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import emulator
from emulator import arns, credentials
from emulator.arns import Scope
from emulator.aws import model
from emulator.aws.call import Call
from emulator.aws.keys import Keys
from emulator.config import Settings
from emulator.console import Admin, Console, is_console
from emulator.executors import choose
from emulator.faults import Faults
from emulator.features.offline import Offline
from emulator.features.queries import Queries
from emulator.gateway import Gateway
from emulator.images.catalogue import Images
from emulator.jobs.base import Tools
from emulator.jobs.engine import Engine
from emulator.logs import Logs
from emulator.notices import Notices
from emulator.objects import Objects
from emulator.objects.folders import take_in
from emulator.objects.lifecycle import Lifecycle
from emulator.passthrough import Passthrough, issued
from emulator.pipelines.runner import Runner
from emulator.services import Services
from emulator.store import Bucket, Entry, Store, watching

log = logging.getLogger(__name__)

STATE = ("state.db*", "objects", "logs", "work")
"""What in the data folder belongs to clients; the rest (CA, environments, images) is ours."""


class DataFolderError(Exception):
    """The data folder cannot be used (another server works in it, no permission, too new); the message says why."""


class WrongHandlers(Exception):
    """``import handlers`` found somebody else's package, or a botocore that does not know what they answer."""


def load_handlers() -> None:
    """Import every module of ``handlers`` so that its operations register. Raises :class:`WrongHandlers`."""
    if too_old := model.too_old():
        raise WrongHandlers(too_old)
    ours = Path(emulator.__file__).resolve().parent.parent / "handlers" / "__init__.py"
    package = sys.modules.get("handlers") or _import_from(ours)
    if Path(package.__file__ or "/nowhere").resolve() != ours:
        raise WrongHandlers(f"'handlers' is {package.__file__}, not {ours}; start the server as a process of its own")
    for module in pkgutil.walk_packages(package.__path__, "handlers."):
        importlib.import_module(module.name)


def _import_from(file: Path) -> ModuleType:
    """Import ``handlers`` from that very place, whatever ``sys.path`` says (``PYTHONPATH`` is not ours either)."""
    spec = importlib.util.spec_from_file_location("handlers", file, submodule_search_locations=[str(file.parent)])
    if spec is None or spec.loader is None:
        raise WrongHandlers(f"{file} is missing: sagemaker-emulator is not installed completely")
    package = importlib.util.module_from_spec(spec)
    sys.modules["handlers"] = package
    spec.loader.exec_module(package)
    return package


class App:
    """The whole emulator but for its sockets: a WSGI application, with its engines running behind it."""

    def __init__(self, settings: Settings, port: int | None = None) -> None:
        self.settings = settings
        self.port = settings.port if port is None else port
        self._lock = _lock(settings.data_dir)
        load_handlers()
        self.keys = Keys(
            settings.account, settings.key_pair, settings.auth == "strict", settings.data_dir / credentials.FILE, issued
        )
        self.passthrough = Passthrough(self.keys, self.port)
        self.notices = Notices(self.passthrough)
        self.url = f"http://127.0.0.1:{self.port}"
        self.proxy_url = ""
        self.faults = Faults()
        self._resetting = threading.Lock()
        self._ready = threading.Event()
        self._build()
        self._ready.set()
        self.console = Console(Admin(self.health, lambda: self.services, self.reset, self.faults, self.expire))

    def _build(self) -> None:
        settings, data = self.settings, self.settings.data_dir
        work = data / "work"
        work.mkdir(exist_ok=True)
        try:
            store = Store(data / "state.db")
        except (ValueError, sqlite3.Error) as error:
            raise DataFolderError(f"{data} cannot be used: {error}") from error
        objects, logs = Objects(data / "objects", store), Logs(data / "logs", settings.account)
        self.lifecycle = Lifecycle(objects, store, self._expired)
        self.executor = choose(settings, work)
        images = Images(settings, data, self.executor.name)
        self.tools = Tools(
            settings, store, objects, logs, images, self.executor, self.call, work, lambda: self.port, self.keys
        )
        engine, runner = Engine(self.tools), Runner(self.tools)
        offline = Offline(store, objects)
        queries = Queries(store, objects, offline, work)
        tell, known = self.notices.send, self.notices.knows
        self.services = Services(
            settings, store, objects, logs, images, engine, runner, self.call, offline, queries, tell, known, self.keys
        )
        watching.attach(store, self.services)
        for name, folder in settings.bucket_dir:
            take_in(objects, store, Scope(settings.account, settings.region), name, folder)
        self.gateway = Gateway(self.services, self.passthrough, self.keys, run=self.faults.run)

    def _expired(self, bucket: Bucket, event: str, entry: Entry) -> None:
        from handlers.s3.events import expired

        expired(self.services, bucket, event, entry)

    def start(self) -> None:
        """Start the engines and take up what an earlier server left running."""
        self.services.store.cycles.start()
        self.services.engine.start()
        self.services.engine.recover()
        self.services.runner.recover()
        self.services.offline.start()
        self.services.queries.start()
        self.lifecycle.start()

    def call(self, scope: Scope, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """An AWS call as a client would make it, without HTTP; raises ServiceError."""
        call = Call(service, operation, dict(params), scope, arns.request_id(), internal=True)
        return self.faults.run(call, self.services)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if is_console(environ):
            return self.console(environ, start_response)
        if not self._ready.is_set():
            self._ready.wait()
        return self.gateway(environ, start_response)

    def health(self) -> dict[str, Any]:
        """What ``/_emulator/health`` and the state file tell; enough for a client to use this server."""
        return {
            "status": "ok",
            "version": emulator.__version__,
            "url": self.url,
            "host": self.settings.host,
            "proxy": self.proxy_url,
            "pid": os.getpid(),
            "account": self.settings.account,
            "region": self.settings.region,
            "executor": self.executor.name,
            "auth": self.settings.auth,
            "data_dir": str(self.settings.data_dir),
        }

    def expire(self, at: float) -> dict[str, int]:
        """Carry out the lifecycle rules of all buckets as of a moment; what was done how often."""
        return self.lifecycle.run(at)

    def reset(self) -> None:
        """Forget everything a client has made: records, objects, logs, jobs, moto's state. Environments stay.

        Requests that come in meanwhile wait; those under way may fail, as their data is going away.
        """
        with self._resetting:
            self._ready.clear()
            try:
                self._close_parts(forget=True)
                _remove(self.settings.data_dir, STATE)
                self.notices.clear()
                self.passthrough.reset()
                self.faults.clear()
                self._build()
                self.start()
            finally:
                self._ready.set()

    def close(self) -> None:
        """Stop the engines; containers that can outlive us are found again at the next start."""
        self._close_parts()
        self._lock.close()

    def _close_parts(self, forget: bool = False) -> None:
        self.lifecycle.close()
        self.services.runner.close()
        self.services.engine.close()
        self.services.queries.close()
        self.services.offline.close()
        if forget:
            self.services.engine.discard()
        self.executor.close()
        self.services.objects.close()
        self.services.store.close()


def _remove(folder: Path, patterns: tuple[str, ...]) -> None:
    for path in [found for pattern in patterns for found in folder.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _lock(folder: Path) -> Any:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / "lock").open("w")
    except OSError as error:
        raise DataFolderError(f"{folder} cannot be used: {error.strerror}; give another one with --data-dir") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise DataFolderError(f"another server works in {folder}; give this one its own --data-dir") from error
    return handle
