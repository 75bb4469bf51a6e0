"""The ``process`` executor: jobs as plain processes in namespaces of their own, without Docker; see ``sandbox.py``.

What differs from a container, and cannot be helped: the machine's file system shows (apart from the mounts, ``/tmp``
and a copy-on-write environment), the network is the machine's (each host name is a loopback address of its own), there
are no memory or CPU limits, and only images with a Python environment can run. Jobs die with their server, so
:meth:`ProcessExecutor.find` knows nothing of an earlier one.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from emulator.executors import proot, sandbox
from emulator.executors.base import Container, ContainerSpec, ExecutorError, Exit, Finding, Image, executor
from emulator.executors.hosts import Hosts
from emulator.executors.running import Running, clear

ADVICE = (
    "this machine refuses namespaces to us ({}): use Docker, install proot (apt-get install proot), or allow them (in "
    "a container: --cap-add SYS_ADMIN --security-opt apparmor=unconfined; Ubuntu: sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0; Debian: sysctl kernel.unprivileged_userns_clone=1)"
)
_NOTHING = Image("probe", "probe")
BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Where jobs have their files: what the machine itself has there is not for them to see.
HIDDEN = ("/opt/ml",)
# What a job inherits from the server: how to reach a package index, and the language. Nothing else.
INHERITED = {"LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}


class Refused(ExecutorError):
    """No namespaces for us here."""


@executor("process")
class ProcessExecutor:
    """``work`` is a folder of ours: each instance keeps its containers' folders in one of its own there, locked while
    it lives; unlocked ones are left-overs of a killed server and are removed. Without ``namespaces``: proot at once.
    Safe for many threads."""

    name: str

    def __init__(self, work: Path, namespaces: bool = True) -> None:
        self.root = work / "process"
        self.root.mkdir(parents=True, exist_ok=True)
        self._sweep()
        self.folder = self.root / secrets.token_hex(6)
        self.folder.mkdir()
        self._held = _lock(self.folder)
        self._running: dict[str, Running] = {}
        self._networks: dict[str, Hosts] = {}
        self._lock = threading.Lock()
        self._refused = "" if namespaces else "namespaces are not wanted"

    @classmethod
    def probe(cls, work: Path) -> Finding:
        """Try the real thing: a job that does nothing."""
        if sys.platform != "linux":
            return Finding("process", False, "namespaces are Linux's", "use Docker")
        with closing(cls(work)) as trial:
            try:
                container = trial._launch("probe", ("true",), ContainerSpec("probe", _NOTHING), {"PATH": BASE_PATH})
            except ExecutorError as error:
                return Finding("process", False, "namespaces are refused", str(error))
            trial.wait(container)
        return Finding("process", True, "by proot: slower" if trial._refused else "namespaces work")

    def _sweep(self) -> None:
        for folder in self.root.iterdir():
            held = _lock(folder)
            if held:
                clear(folder)
                held.close()

    def start(self, spec: ContainerSpec) -> Container:
        """Start; returns once the job's program runs. Raises :class:`ExecutorError`; then nothing is left."""
        environment = spec.image.environment
        if environment is None:
            raise ExecutorError(
                f"only Docker can run the image {spec.image.uri}: there is no Python environment for it. Start Docker, "
                "or map the image to an environment with `sagemaker-emulator images add`"
            )
        argv = _command(spec)
        variables = {**_inherited(os.environ), "HOME": "/tmp/home", "TMPDIR": "/tmp", "HOSTNAME": spec.hostname}
        variables |= {"PATH": f"{environment}/bin:{BASE_PATH}", "VIRTUAL_ENV": str(environment)}
        return self._launch(f"{spec.name}-{secrets.token_hex(3)}", argv, spec, variables)

    def _launch(self, name: str, argv: tuple[str, ...], spec: ContainerSpec, variables: dict[str, str]) -> Container:
        folder = self.folder / secrets.token_hex(6)
        for part in ("root", "tmp/home", "scratch"):
            (folder / part).mkdir(parents=True)
        (folder / "tmp").chmod(0o1777)
        port = _free_port() if spec.port else 0
        if port:
            variables["SAGEMAKER_BIND_TO_PORT"] = str(port)
        variables |= {**spec.image.variables, **spec.environment}
        environment = spec.image.environment
        order = {
            "argv": argv,
            "environment": variables,
            "root": str(folder / "root"),
            "tmp": str(folder / "tmp"),
            "scratch": str(folder / "scratch"),
            "hosts": str(self._hosts(spec, folder)),
            "hostname": spec.hostname,
            "binds": [[str(m.source.absolute()), m.target, m.read_only] for m in spec.mounts],
            "hide": [path for path in HIDDEN if any(m.target.startswith(path) for m in spec.mounts)],
            "keep": _needed(environment) if environment else [],
            "overlay": os.path.realpath(environment) if environment else None,
            "isolated": spec.network == "none",
            "plain": False,
            "port": port,
        }
        try:
            process = self._spawn(order, folder)
        except (ExecutorError, OSError) as error:
            clear(folder)
            raise error if isinstance(error, ExecutorError) else ExecutorError(str(error)) from error
        container = Container(folder.name, name, dict(spec.labels))
        with self._lock:
            self._running[container.id] = Running(container, process, folder, port)
        return container

    def _spawn(self, order: dict[str, Any], folder: Path) -> subprocess.Popen[bytes]:
        """In namespaces, or by proot once they have been refused."""
        if not self._refused:
            try:
                return _spawn(order)
            except Refused as error:
                if not proot.program():
                    raise
                self._refused = str(error)
        return _spawn(proot.wrap(order, folder))

    def _hosts(self, spec: ContainerSpec, folder: Path) -> Path:
        """The /etc/hosts of a container: its network's, or one of its own."""
        with self._lock:
            if spec.network in {None, "none"}:
                hosts = Hosts(folder / "hosts")
            elif spec.network in self._networks:
                hosts = self._networks[spec.network]
            else:
                raise ExecutorError(f"there is no network {spec.network}")
            hosts.add(spec.hostname)
            return hosts.path

    def wait(self, container: Container, timeout: float | None = None) -> Exit | None:
        running = self._running.get(container.id)
        return running.wait(timeout) if running else Exit(-1, lost=True)

    def stop(self, container: Container, grace: float) -> None:
        if running := self._running.get(container.id):
            running.stop(grace)

    def logs(self, container: Container) -> Iterator[bytes]:
        running = self._running.get(container.id)
        return running.lines() if running else iter(())

    def remove(self, container: Container) -> None:
        with self._lock:
            running = self._running.pop(container.id, None)
        if running:
            running.remove()

    def find(self, labels: Mapping[str, str]) -> list[Container]:
        """Containers of this very server; an earlier one's died with it."""
        with self._lock:
            known = [running.container for running in self._running.values()]
        return [c for c in known if labels.items() <= c.labels.items()]

    def address(self, container: Container) -> tuple[str, int]:
        running = self._running.get(container.id)
        if not running or not running.port:
            raise ExecutorError(f"container {container.name} has no address: it does not run, or serves nothing")
        return "127.0.0.1", running.port

    def endpoint(self, port: int) -> str:
        """The server's own address: the network is shared."""
        return f"http://127.0.0.1:{port}"

    def listen_addresses(self) -> list[str]:
        return []

    def create_network(self, name: str) -> str:
        """A set of host names; every member is a loopback address of its own."""
        network = f"{name}-{secrets.token_hex(3)}"
        with self._lock:
            self._networks[network] = Hosts(self.folder / f"{secrets.token_hex(6)}.hosts")
        return network

    def remove_network(self, network: str) -> None:
        with self._lock:
            hosts = self._networks.pop(network, None)
        if hosts:
            hosts.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Kill what still runs, for it would die with us anyway, and remove our folder."""
        for container in self.find({}):
            self.remove(container)
        clear(self.folder)
        if self._held:
            self._held.close()


def _command(spec: ContainerSpec) -> tuple[str, ...]:
    """Docker's rule: an entrypoint of the spec's own also drops the image's command."""
    image = spec.image
    entrypoint = image.entrypoint if spec.entrypoint is None else spec.entrypoint
    default = image.command if spec.entrypoint is None else ()
    argv = (*entrypoint, *(default if spec.arguments is None else spec.arguments))
    if not argv:
        raise ExecutorError(f"the image {image.uri} has no command, and the job gives none")
    return argv


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in environ.items() if k in INHERITED or k.startswith("PIP_")}
    return {"LANG": "C.UTF-8", **kept}


def _needed(environment: Path) -> list[str]:
    """Folders that must show in the view even if they lie in what it hides (/tmp): the environment and its Python."""
    paths = [os.path.realpath(environment)]
    python = environment / "bin" / "python"
    if python.exists():
        paths.append(str(python.resolve().parent.parent))
    return paths


def _spawn(order: Mapping[str, object]) -> subprocess.Popen[bytes]:
    """Start the sandbox and wait until the job's program runs in it."""
    status, told = os.pipe()
    with open(status, "rb") as answer:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", sandbox.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(told,),
                bufsize=0,
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(told)
        assert process.stdin
        process.stdin.write(json.dumps({**order, "status": told}).encode() + b"\n")
        error = answer.read().decode()
    if error:
        with process:
            process.kill()
        if error.startswith(sandbox.REFUSED):
            raise Refused(ADVICE.format(error.removeprefix(sandbox.REFUSED)))
        raise ExecutorError(f"the job could not start: {error}")
    return process


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


def _lock(folder: Path) -> IO[bytes] | None:
    """The lock of an instance's folder, held as long as the file is open; ``None`` if somebody else has it."""
    try:
        file = (folder / ".lock").open("ab")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
