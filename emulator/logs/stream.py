"""One log stream: a text file that a person can read and ``tail -f`` can follow.

The first line is a JSON header (name, creation time); every other line is one event,
``<time ms> <ingestion ms> <text>``, with newlines and backslashes of the text escaped. An append is one ``write``; a
torn last line (a kill in the middle of a large one) is ignored by readers and cut off by the next append.

Events are given in order of (time, place in the file), which is stable within one millisecond, as the SDK's way of
skipping what it has seen needs. Lines nearly always come in that order already, so a page is found by bisecting the
file. If an event older than its forerunner ever comes, an empty ``.unsorted`` file says so and readers sort in memory.
A :class:`Position` names an event for good: appending never moves it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

BLOCK = 64 << 10
START = -1


class Position(NamedTuple):
    """An event's place in the order of its stream: its time in milliseconds, and its offset in the file."""

    time: int
    offset: int


FIRST = Position(START, START)


@dataclass(frozen=True, slots=True)
class Event:
    """A log event; times are milliseconds since the epoch."""

    time: int
    ingested: int
    message: str
    offset: int

    @property
    def position(self) -> Position:
        """Where it stands in its stream."""
        return Position(self.time, self.offset)


@dataclass(frozen=True, slots=True)
class Info:
    """What DescribeLogStreams tells. Times in milliseconds; None while there are no events."""

    name: str
    created: int
    size: int
    first: int | None = None
    last: int | None = None
    ingested: int | None = None


class Stream:
    """A stream in the file at ``path``, which must exist (see :func:`create`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unsorted = path.with_suffix(".unsorted")
        self._lock = threading.Lock()
        self._last: int | None = None
        with open(path, "rb") as file:
            line = file.readline()
        header = orjson.loads(line)
        self.name: str = header["logStreamName"]
        self.created: int = header["creationTime"]
        self._body = len(line)

    def append(self, events: Iterable[tuple[int, str]], ingested: int) -> None:
        """Add events (time in ms, text), in one write."""
        lines, times = [], []
        for time, text in events:
            times.append(time)
            lines.append(f"{time} {ingested} {_escape(text)}\n")
        if not lines:
            return
        with self._lock, open(self.path, "r+b", buffering=0) as file:
            if self._last is None:
                self._last = self._repair(file)
            if times != sorted(times) or times[0] < self._last:
                self._unsorted.touch()
            file.seek(0, os.SEEK_END)
            file.write("".join(lines).encode("utf-8", "replace"))
            self._last = max(self._last, *times)

    def events(
        self, start: int = 0, end: int | None = None, after: Position = FIRST, reverse: bool = False
    ) -> Iterator[Event]:
        """Events with ``start <= time < end`` (ms), behind ``after``; with ``reverse`` those before it, last first."""
        if self._unsorted.exists():
            yield from self._sorted(start, end, after, reverse)
        elif reverse:
            yield from self._backward(start, end, after)
        else:
            yield from self._forward(start, end, after)

    def count(self) -> int:
        """How many events there are."""
        with open(self.path, "rb") as file:
            return sum(1 for _ in _events(file, self._body))

    def info(self) -> Info:
        """What DescribeLogStreams tells of it."""
        size = self.path.stat().st_size - self._body
        last = next(self.events(reverse=True), None)
        first = next(self.events(), None)
        if first is None or last is None:
            return Info(self.name, self.created, size)
        return Info(self.name, self.created, size, first.time, last.time, last.ingested)

    def _forward(self, start: int, end: int | None, after: Position) -> Iterator[Event]:
        with open(self.path, "rb") as file:
            offset = after.offset if after.offset > self._body else self._body
            offset = max(offset, self._bisect(file, start))
            for event in _events(file, offset):
                if end is not None and event.time >= end:
                    return
                if event.time >= start and event.position > after:
                    yield event

    def _backward(self, start: int, end: int | None, before: Position) -> Iterator[Event]:
        with open(self.path, "rb") as file:
            stop = file.seek(0, os.SEEK_END) if before == FIRST else before.offset
            while stop > self._body:
                begin = _line_start(file, max(self._body, stop - BLOCK), self._body)
                for event in reversed(list(_events(file, begin, stop))):
                    if event.time < start:
                        return
                    if end is None or event.time < end:
                        yield event
                stop = begin

    def _sorted(self, start: int, end: int | None, at: Position, reverse: bool) -> Iterator[Event]:
        with open(self.path, "rb") as file:
            events = sorted(_events(file, self._body), key=lambda event: event.position, reverse=reverse)
        for event in events:
            beyond = at == FIRST or (event.position < at if reverse else event.position > at)
            if beyond and event.time >= start and (end is None or event.time < end):
                yield event

    def _bisect(self, file: BinaryIO, time: int) -> int:
        """An offset of a line, at or shortly before the first event of this time or later."""
        low, high = self._body, file.seek(0, os.SEEK_END)
        while high - low > BLOCK:
            middle = _line_start(file, (low + high) // 2, low)
            event = next(_events(file, middle), None)
            if middle <= low or event is None:
                break
            if event.time >= time:
                high = middle
            else:
                low = middle
        return low

    def _repair(self, file: BinaryIO) -> int:
        """Cut off a torn last line; the time of the latest event, or -1."""
        end = file.seek(0, os.SEEK_END)
        while end > self._body:
            begin = max(self._body, end - BLOCK)
            file.seek(begin)
            newline = file.read(end - begin).rfind(b"\n")
            if newline >= 0 or begin == self._body:
                file.truncate(begin + newline + 1)
                break
            end = begin
        return (
            max((event.time for event in self.events(reverse=True)), default=START)
            if self._unsorted.exists()
            else (next((event.time for event in self.events(reverse=True)), START))
        )


def create(path: Path, name: str, created: int) -> None:
    """Make the file of a stream; ``FileExistsError`` if it is there."""
    aside = path.parent / f".new-{os.getpid()}-{threading.get_ident()}"
    aside.write_bytes(orjson.dumps({"logStreamName": name, "creationTime": created}) + b"\n")
    try:
        os.link(aside, path)
    finally:
        aside.unlink()


def _events(file: BinaryIO, offset: int, stop: int | None = None) -> Iterator[Event]:
    """Events of whole lines from an offset on."""
    file.seek(offset)
    while stop is None or offset < stop:
        line = file.readline()
        if not line.endswith(b"\n"):
            return
        time, ingested, text = line[:-1].decode().split(" ", 2)
        yield Event(int(time), int(ingested), _unescape(text), offset)
        offset += len(line)


def _line_start(file: BinaryIO, offset: int, least: int) -> int:
    """The start of the line that ``offset`` lies in, but not below ``least``."""
    while offset > least:
        begin = max(least, offset - BLOCK)
        file.seek(begin)
        newline = file.read(offset - begin).rfind(b"\n")
        if newline >= 0:
            return begin + newline + 1
        offset = begin
    return least


def _escape(text: str) -> str:
    return (
        text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        if "\\" in text or "\n" in text or "\r" in text
        else text
    )


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return "\\".join(part.replace("\\n", "\n").replace("\\r", "\r") for part in text.split("\\\\"))
