"""Pipe mode: the objects of a channel, one after the other, through FIFOs ``<channel>_0``, ``<channel>_1``, ...

The container reads epoch 0 to its end and then opens ``<channel>_1``; the next FIFO is there as soon as the one before
it has been opened. A FIFO works through a bind mount, since both sides share the kernel; where the data travels
otherwise (a remote daemon), Pipe mode cannot.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from emulator.jobs import staging
from emulator.jobs.job import Job
from emulator.jobs.sources import Source

LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Pipe:
    """One channel of one host: FIFOs are named ``stem`` + ``_<epoch>``."""

    stem: Path
    found: Sequence[Source]
    gzip: bool


class Pipes:
    """The pipes of one job, a writer thread each; they end with the ``with`` block."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._pipes: list[Pipe] = []
        self._over = threading.Event()

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def add(self, stem: Path, found: Sequence[Source], unzip: bool) -> None:
        """A channel to be piped once :meth:`open` was called; its first FIFO is made at once."""
        pipe = Pipe(stem, found, unzip)
        _fifo(pipe, 0)
        self._pipes.append(pipe)

    def open(self) -> None:
        """Begin to wait for readers."""
        for pipe in self._pipes:
            threading.Thread(target=self._run, args=(pipe,), name="job-pipe", daemon=True).start()

    def _run(self, pipe: Pipe) -> None:
        epoch = 0
        while (end := self._reader(_path(pipe, epoch))) is not None:
            _fifo(pipe, epoch + 1)
            with end, contextlib.suppress(BrokenPipeError):
                for source in pipe.found:
                    self._send(source, pipe.gzip, end)
            epoch += 1

    def _reader(self, path: Path) -> BinaryIO | None:
        """The write end as soon as somebody reads; None when the job is over. Waits without blocking in open(2)."""
        while not self._over.wait(LOOK_SECONDS):
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    continue
                return None
            os.set_blocking(descriptor, True)
            return cast(BinaryIO, open(descriptor, "wb"))
        return None

    def _send(self, source: Source, unzip: bool, end: BinaryIO) -> None:
        with staging.open_object(self._job, source.bucket, source.key) as file:
            shutil.copyfileobj(gzip.GzipFile(fileobj=file) if unzip else file, end, 1 << 20)


def _path(pipe: Pipe, epoch: int) -> Path:
    return pipe.stem.with_name(f"{pipe.stem.name}_{epoch}")


def _fifo(pipe: Pipe, epoch: int) -> None:
    pipe.stem.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(_path(pipe, epoch), 0o666)
