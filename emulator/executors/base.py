"""Running a container, as data: what to run (:class:`ContainerSpec`), what came of it (:class:`Exit`), and the
:class:`Executor` protocol that every file in this folder implements. Nothing here knows SageMaker.

An executor is found by its decorator name in this folder (``@executor("docker")``). The promise of all of them:

* ``mounts`` are folders of *ours*; after :meth:`Executor.wait` returned, every writable mount's files are back in its
  ``source``, owned by the user the server runs as, however the data travelled (bind, rewritten bind, tar stream);
* a container never outlives :meth:`Executor.remove`, nor leaves networks, volumes, mounts or processes behind;
* containers carry ``labels``; :meth:`Executor.find` gives them back after a restart of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Image:
    """Something runnable. ``reference`` is what Docker knows it by; ``environment`` is the root of a Python
    environment (a venv) for the process executor, ``None`` where only Docker can run it.

    ``entrypoint`` and ``command`` are the image's own defaults (for ``process``, which has no image to ask);
    ``variables`` the environment variables the image sets. ``notes``: lines for the log of whoever runs it.
    """

    uri: str
    reference: str
    environment: Path | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder of ours that appears at ``target`` (absolute) in the container."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container. ``entrypoint``/``arguments`` follow Docker: ``None`` keeps the image's own.

    ``network``: ``None`` the default (shared) network, ``"none"`` isolated, else a name made by
    :meth:`Executor.create_network`. ``hostname`` always resolves inside. ``port`` is the port the container will
    serve HTTP on (``None``: it serves nothing); reach it through :meth:`Executor.address`.
    """

    name: str
    image: Image
    entrypoint: tuple[str, ...] | None = None
    arguments: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    hostname: str = "algo-1"
    network: str | None = None
    port: int | None = None
    gpus: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """A started container: the executor's own id for it, and the labels it was started with."""

    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended. ``code`` is the exit status (128 + signal when killed), ``out_of_memory`` as the kernel
    told it, ``lost`` true when nobody can say (the container vanished): ``code`` is then -1."""

    code: int
    out_of_memory: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe found: whether the executor works here, what it found in one line, and what to do if it does not."""

    name: str
    usable: bool
    detail: str
    advice: str = ""


class Executor(Protocol):
    """Running containers, and the network around them. Raises :class:`ExecutorError` only. A class may also have
    ``probe(work) -> Finding``: whether it would work here."""

    name: str

    def start(self, spec: ContainerSpec) -> Container:
        """Create and start; returns as soon as the main process runs."""

    def wait(self, container: Container, timeout: float | None = None) -> Exit | None:
        """Block until it ended and its writable mounts are back; ``None`` when ``timeout`` seconds passed first."""

    def stop(self, container: Container, grace: float) -> None:
        """SIGTERM, then SIGKILL after ``grace`` seconds. Returns when it is dead; never raises if it already is."""

    def logs(self, container: Container) -> Iterator[bytes]:
        """Lines (without newline) of stdout and stderr from the start, live, until the container ended."""

    def remove(self, container: Container) -> None:
        """Forget it and everything that belonged to it; stops it at once if it still runs."""

    def find(self, labels: Mapping[str, str]) -> list[Container]:
        """Containers, running or ended, that carry all these labels; also those started by an earlier server."""

    def address(self, container: Container) -> tuple[str, int]:
        """Host and port where ``spec.port`` of a running container can be reached from this process."""

    def endpoint(self, port: int) -> str:
        """The URL under which a container reaches our server that listens on ``port``."""

    def listen_addresses(self) -> list[str]:
        """Addresses, besides its own, on which our server must listen for :meth:`endpoint` to work (a bridge's)."""

    def create_network(self, name: str) -> str:
        """A network on which containers find each other by ``hostname``; returns what ``spec.network`` takes."""

    def remove_network(self, network: str) -> None:
        """Remove it; no error when it is gone."""

    def close(self) -> None:
        """Let go of clients and threads; running containers stay."""


class ExecutorError(Exception):
    """A container could not be made or reached; the message is fit for a FailureReason and says what to do."""


class Gone(ExecutorError):
    """What was asked about does not exist (any more)."""


_executors: dict[str, Any] = {}


def registered() -> Mapping[str, Any]:
    """The executor classes known so far, by name; each is made with the folder it may work in."""
    return _executors


def executor(name: str) -> Callable[[type], type]:
    """Class decorator: makes an executor known under ``name``."""

    def register(cls: type) -> type:
        cls.name = name  # type: ignore[attr-defined]
        _executors[name] = cls
        return cls

    return register
