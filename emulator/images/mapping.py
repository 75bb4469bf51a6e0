"""The user's own answers to "what is this image?": URI -> local image or environment, kept in one JSON file.

A key may leave out what does not matter: ``sagemaker-xgboost:1.7-1`` stands for every account and region, and
``sagemaker-xgboost`` for every tag too. The file is written aside and renamed, so a crash leaves the old one.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path

from emulator.images.uri import ImageUri


class Mapping:
    """The file, read anew at each look (an entry added by the command line counts at once in a running server)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def all(self) -> dict[str, str]:
        """Every entry, in the order they were added."""
        try:
            return dict(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return {}

    def find(self, uri: ImageUri) -> str | None:
        """The local name for this URI: the exact text first, then ``repository:tag``, then ``repository``."""
        entries = self.all()
        for key in (uri.text, uri.short, uri.repository):
            if key in entries:
                return entries[key]
        return None

    def set(self, uri: str, local: str) -> None:
        """Add or replace one entry."""
        with self._lock:
            self._write({**self.all(), uri: local})

    def remove(self, uri: str) -> bool:
        """Forget one entry; false when there was none."""
        with self._lock:
            entries = self.all()
            if entries.pop(uri, None) is None:
                return False
            self._write(entries)
            return True

    def _write(self, entries: dict[str, str]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        with os.fdopen(handle, "w") as file:
            json.dump(entries, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._path)
