"""The ``fake`` executor: runs nothing, plays what a test wrote down. For the logic of engines, in milliseconds.

    executor = FakeExecutor()
    executor.play("train", Play(lines=("loss 0.5",), files={"/opt/ml/model/m.bin": b"..."}, code=0))
    executor.play("slow", Play(hold=True))          # until executor.release("slow") or stop()

A container plays the play with the longest key that occurs in its name; without one it exits 0 at once. What was asked
for is in ``executor.started``. :meth:`FakeExecutor.lose` makes a container vanish, as if removed by hand.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emulator.executors.base import Container, ContainerSpec, ExecutorError, Exit, executor

TERMINATED, KILLED = 143, 137


@dataclass(frozen=True, slots=True)
class Play:
    """What a container does. ``delay`` seconds pass before it ends; ``hold``: it ends only when released or stopped;
    ``files``: absolute path in the container -> content, written when it ends; ``deaf``: it ignores SIGTERM;
    ``refused``: starting raises with this text."""

    lines: tuple[str, ...] = ()
    code: int = 0
    delay: float = 0.0
    hold: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    deaf: bool = False
    out_of_memory: bool = False
    refused: str = ""


class _Playing:
    def __init__(self, container: Container, spec: ContainerSpec, play: Play) -> None:
        self.container, self.spec, self.play = container, spec, play
        self.exit: Exit | None = None
        self.ended = threading.Event()
        self.released = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        self.released.wait(None if self.play.hold else self.play.delay)
        self.end(Exit(self.play.code, self.play.out_of_memory))

    def end(self, exited: Exit) -> None:
        if self.exit is None:
            if not exited.lost:
                self._write()
            self.exit = exited
            self.ended.set()

    def _write(self) -> None:
        for path, content in self.play.files.items():
            mount = max((m for m in self.spec.mounts if path.startswith(m.target)), key=lambda m: len(m.target))
            target = mount.source / path[len(mount.target) :].lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


@executor("fake")
class FakeExecutor:
    """Executors are made with a working folder; this one needs none."""

    name: str

    def __init__(self, work: Path | None = None) -> None:
        self.started: list[ContainerSpec] = []
        self.networks: list[str] = []
        self._plays: dict[str, Play] = {}
        self._known: dict[str, _Playing] = {}
        self._numbers = itertools.count(1)

    def play(self, key: str, play: Play) -> None:
        """What containers play whose name contains ``key``."""
        self._plays[key] = play

    def release(self, key: str) -> None:
        """Let the held containers whose name contains ``key`` end."""
        for playing in self._known.values():
            if key in playing.container.name:
                playing.released.set()

    def lose(self, key: str) -> None:
        """Make the containers whose name contains ``key`` vanish."""
        for name in [n for n, playing in self._known.items() if key in playing.container.name]:
            self._known.pop(name).end(Exit(-1, lost=True))

    def start(self, spec: ContainerSpec) -> Container:
        play = self._plays.get(max((key for key in self._plays if key in spec.name), key=len, default=""), Play())
        if play.refused:
            raise ExecutorError(play.refused)
        self.started.append(spec)
        container = Container(f"fake-{next(self._numbers)}", spec.name, dict(spec.labels))
        self._known[container.id] = _Playing(container, spec, play)
        return container

    def wait(self, container: Container, timeout: float | None = None) -> Exit | None:
        playing = self._known.get(container.id)
        if playing is None:
            return Exit(-1, lost=True)
        playing.ended.wait(timeout)
        return playing.exit

    def stop(self, container: Container, grace: float) -> None:
        if playing := self._known.get(container.id):
            playing.end(Exit(KILLED if playing.play.deaf else TERMINATED))

    def logs(self, container: Container) -> Iterator[bytes]:
        if playing := self._known.get(container.id):
            yield from (line.encode() for line in playing.play.lines)
            playing.ended.wait()

    def remove(self, container: Container) -> None:
        if playing := self._known.pop(container.id, None):
            playing.end(Exit(KILLED))

    def find(self, labels: Mapping[str, str]) -> list[Container]:
        known = [playing.container for playing in self._known.values()]
        return [c for c in known if labels.items() <= c.labels.items()]

    def address(self, container: Container) -> tuple[str, int]:
        playing = self._known.get(container.id)
        if playing is None or playing.spec.port is None:
            raise ExecutorError(f"container {container.name} has no address")
        return "127.0.0.1", playing.spec.port

    def endpoint(self, port: int) -> str:
        return f"http://127.0.0.1:{port}"

    def listen_addresses(self) -> list[str]:
        return []

    def create_network(self, name: str) -> str:
        self.networks.append(name)
        return name

    def remove_network(self, network: str) -> None:
        if network in self.networks:
            self.networks.remove(network)

    def close(self) -> None:
        for playing in list(self._known.values()):
            self.remove(playing.container)
