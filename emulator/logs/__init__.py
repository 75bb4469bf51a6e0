"""CloudWatch log groups and streams on flat files: ``<folder>/<group>/<stream>.log``, names percent-encoded.

Groups hold a ``group.json``; streams are described in ``stream.py``. Everything is written before a call returns and
lists are read from the folder, so nothing is lost on a kill and nothing must be recovered. Groups are kept apart by
account (``<folder>/@<account>/<group>/…`` for others than the server's own), not by region.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from emulator.arns import ACCOUNT
from emulator.logs.stream import FIRST, Event, Info, Position, Stream, create

__all__ = ["FIRST", "Event", "Info", "LogWriter", "Logs", "Missing", "Position", "Stream"]

NAME_LIMIT = 200  # bytes; file systems allow 255


class Missing(LookupError):
    """There is no such log group or stream; ``what`` is ``group`` or ``stream``."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The specified log {what} does not exist.")
        self.what = what


class Logs:
    """All log groups of one ``account`` in ``folder``. Times are milliseconds since the epoch. Methods raise
    :class:`Missing`."""

    def __init__(self, folder: Path, account: str = ACCOUNT) -> None:
        self._folder = folder
        self._account = account
        self._lock = threading.Lock()
        self._open: dict[Path, Stream] = {}
        self._others: dict[str, Logs] = {}

    def of(self, account: str) -> Logs:
        """The log groups of an account, which may be another one's."""
        if account == self._account:
            return self
        with self._lock:
            return self._others.setdefault(account, Logs(self._folder / f"@{account}", account))

    def create_group(self, group: str, **properties: Any) -> bool:
        """Make a group; False if it is there."""
        path = self._group(group)
        with self._lock:
            if (path / "group.json").exists():
                return False
            path.mkdir(parents=True, exist_ok=True)
            self._describe(path, {"logGroupName": group, "creationTime": milliseconds(), **properties})
        return True

    def create_stream(self, group: str, stream: str) -> bool:
        """Make an empty stream; False if it is there."""
        path = self._existing(group) / _file_name(stream)
        try:
            create(path, stream, milliseconds())
        except FileExistsError:
            return False
        return True

    def append(self, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
        """Add events (time, text); makes group and stream where they are not there. No events: only that."""
        path = self._group(group) / _file_name(stream)
        try:
            self._stream(path).append(events, milliseconds())
        except (Missing, FileNotFoundError):  # the latter: deleted a moment ago
            self.create_group(group)
            self.create_stream(group, stream)
            self._stream(path).append(events, milliseconds())

    def groups(self, prefix: str = "") -> list[dict[str, Any]]:
        """Groups by name, as DescribeLogGroups spells them, ``storedBytes`` included."""
        found = [orjson.loads(path.read_bytes()) for path in self._folder.glob("*/group.json")]
        chosen = sorted((group for group in found if group["logGroupName"].startswith(prefix)), key=_group_name)
        return [{**group, "storedBytes": self._size(group["logGroupName"])} for group in chosen]

    def group(self, group: str) -> dict[str, Any]:
        """The properties of a group."""
        found: dict[str, Any] = orjson.loads((self._existing(group) / "group.json").read_bytes())
        return found

    def change_group(self, group: str, properties: dict[str, Any]) -> None:
        """Set properties of a group; ``None`` removes one."""
        path = self._existing(group)
        with self._lock:
            merged = {**orjson.loads((path / "group.json").read_bytes()), **properties}
            self._describe(path, {name: value for name, value in merged.items() if value is not None})

    def streams(self, group: str, prefix: str = "") -> list[str]:
        """Names of a group's streams, in order; empty if there is no group."""
        try:
            with os.scandir(self._group(group)) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(".log")]
        except FileNotFoundError:
            return []
        start = _quoted(prefix)[:NAME_LIMIT]
        paths = [self._group(group) / name for name in names if name.startswith(start)]
        return sorted(name for path in paths if (name := self._stream(path).name).startswith(prefix))

    def stream(self, group: str, stream: str) -> Stream:
        """One stream."""
        return self._stream(self._existing(group) / _file_name(stream))

    def count(self, group: str, stream: str) -> int:
        """How many events a stream has."""
        return self.stream(group, stream).count()

    def delete_group(self, group: str) -> None:
        """Remove a group and its streams."""
        path = self._existing(group)
        with self._lock:
            (path / "group.json").unlink()
            self._open = {name: stream for name, stream in self._open.items() if name.parent != path}
            shutil.rmtree(path)

    def delete_stream(self, group: str, stream: str) -> None:
        """Remove a stream."""
        path = self._existing(group) / _file_name(stream)
        with self._lock:
            self._open.pop(path, None)
            path.with_suffix(".unsorted").unlink(missing_ok=True)
            try:
                path.unlink()
            except FileNotFoundError:
                raise Missing("stream") from None

    def _stream(self, path: Path) -> Stream:
        found = self._open.get(path)
        if found is None:
            try:
                found = Stream(path)
            except FileNotFoundError:
                raise Missing("stream") from None
            with self._lock:
                found = self._open.setdefault(path, found)
        return found

    def _group(self, group: str) -> Path:
        return self._folder / _safe(group)

    def _existing(self, group: str) -> Path:
        path = self._group(group)
        if not (path / "group.json").exists():
            raise Missing("group")
        return path

    def _size(self, group: str) -> int:
        with os.scandir(self._group(group)) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.name.endswith(".log"))

    @staticmethod
    def _describe(path: Path, properties: dict[str, Any]) -> None:
        aside = path / "group.json.new"
        aside.write_bytes(orjson.dumps(properties))
        aside.replace(path / "group.json")


class LogWriter:
    """Lines of one stream, each an event of the present moment."""

    def __init__(self, logs: Logs, group: str, stream: str) -> None:
        self._logs = logs
        self._group = group
        self._stream = stream
        logs.append(group, stream, [])

    def write(self, *lines: str) -> None:
        """Append lines, all in one write."""
        moment = milliseconds()
        self._logs.append(self._group, self._stream, [(moment, line) for line in lines])


def milliseconds() -> int:
    """The present time as CloudWatch counts it."""
    return int(time.time() * 1000)


def latest(infos: Iterable[Info]) -> list[Info]:
    """Streams by their last event, as DescribeLogStreams orders by LastEventTime."""
    return sorted(infos, key=lambda info: (info.last or 0, info.name))


def _group_name(group: dict[str, Any]) -> str:
    name: str = group["logGroupName"]
    return name


def _file_name(stream: str) -> str:
    return _safe(stream) + ".log"


def _safe(name: str) -> str:
    """A file name for any name: percent-encoded, and cut with a digest where it would be too long."""
    quoted = _quoted(name)
    if len(quoted) <= NAME_LIMIT:
        return quoted
    return f"{quoted[:NAME_LIMIT]}~{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()}"


def _quoted(name: str) -> str:
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
