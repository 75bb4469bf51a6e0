"""A process container at work: its output kept in a file as it comes, its end noticed, its folder removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from emulator.executors.base import Container, Exit
from emulator.executors.lines import split_lines

CHUNK = 65536


class Running:
    """One thread per container copies output to ``folder/log`` until every process of it is gone (they all hold the
    pipe; the namespace's end closes it), then collects the exit. Readers follow the file."""

    def __init__(self, container: Container, process: subprocess.Popen[bytes], folder: Path, port: int) -> None:
        self.container, self.process, self.folder, self.port = container, process, folder, port
        self.exit: Exit | None = None
        self._size = 0
        self._changed = threading.Condition()
        self._log = folder / "log"
        self._log.touch()
        self._kills = _oom_kills()
        self._killed = False
        threading.Thread(target=self._watch, name=f"output of {container.name}", daemon=True).start()

    def _watch(self) -> None:
        assert self.process.stdout
        assert self.process.stdin
        with self._log.open("ab", buffering=0) as log:
            while data := os.read(self.process.stdout.fileno(), CHUNK):
                log.write(data)
                with self._changed:
                    self._size += len(data)
                    self._changed.notify_all()
        code = self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()
        starved = code == 128 + signal.SIGKILL and not self._killed and _oom_kills() > self._kills
        with self._changed:
            self.exit = Exit(code if code >= 0 else 128 - code, out_of_memory=starved)
            self._changed.notify_all()

    def wait(self, timeout: float | None) -> Exit | None:
        """The exit, or ``None`` after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.exit is not None, timeout)
            return self.exit

    def lines(self) -> Iterator[bytes]:
        """All lines from the start, live, until the end."""
        return split_lines(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        with self._log.open("rb") as log:
            while True:
                if data := log.read(CHUNK):
                    yield data
                    continue
                with self._changed:
                    if self.exit is not None and log.tell() >= self._size:
                        return
                    self._changed.wait_for(lambda: self._size > log.tell() or self.exit is not None)

    def stop(self, grace: float) -> None:
        """SIGTERM, and SIGKILL for all of it when ``grace`` is over."""
        self._signal(signal.SIGTERM)
        if self.wait(grace) is None:
            self.kill()

    def kill(self) -> None:
        """Kill the whole namespace and wait for its end."""
        self._killed = True
        self._signal(signal.SIGUSR1)
        self.wait(None)

    def _signal(self, number: int) -> None:
        if self.exit is None:
            self.process.send_signal(number)

    def remove(self) -> None:
        """Kill if need be, then remove every trace."""
        if self.wait(0) is None:
            self.kill()
        clear(self.folder)


def clear(folder: Path) -> None:
    """Remove a folder whatever modes its contents have: overlayfs leaves a folder of mode 0, jobs may leave others."""

    def retry(function: Callable[..., Any], path: str, _: object) -> None:
        os.chmod(os.path.dirname(path), 0o700)
        if os.path.isdir(path) and not os.path.islink(path):
            os.chmod(path, 0o700)
            shutil.rmtree(path, onerror=give_up)
        else:
            os.unlink(path)

    def give_up(function: Callable[..., Any], path: str, error: Any) -> None:
        if not isinstance(error[1], FileNotFoundError):
            raise error[1]

    if folder.exists():
        shutil.rmtree(folder, onerror=retry)


def _oom_kills() -> int:
    """How often the kernel has killed for memory, on the whole machine: there are no cgroups to ask."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
