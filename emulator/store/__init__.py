"""State: one SQLite file that holds every resource, tag, bucket and object entry (bodies and logs are files beside it).

``Store`` is the only writer. The file is in WAL mode with ``synchronous=NORMAL``: an acknowledged write survives
``kill -9`` at any moment; a power cut may lose the last moments, but never leaves half a transaction. Every compound
change is made inside :meth:`Store.transaction`.
"""

from __future__ import annotations

from pathlib import Path

from emulator.store.associations import Association, Associations
from emulator.store.buckets import Bucket, Buckets
from emulator.store.cycles import Cycles
from emulator.store.database import Database
from emulator.store.features import Features
from emulator.store.listing import Walk
from emulator.store.metrics import Metrics
from emulator.store.objects import Entry, ObjectIndex
from emulator.store.query import Page, Query, Stored, bad_token
from emulator.store.records import Exists, Records
from emulator.store.tags import Tags
from emulator.store.uploads import Part, Upload, Uploads

__all__ = [
    "Association",
    "Bucket",
    "Entry",
    "Exists",
    "Page",
    "Part",
    "Query",
    "Store",
    "Stored",
    "Upload",
    "Walk",
    "bad_token",
]


class Store(Database):
    """The data base at ``path`` and its views: ``records`` (resources), their ``tags`` and ``cycles``; ``buckets``,
    ``objects`` and ``uploads`` of S3, whose bodies are :class:`emulator.objects.Objects`' business; Feature Store's
    ``features`` and the ``metrics`` of experiments."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.records = Records(self)
        self.tags = Tags(self)
        self.associations = Associations(self)
        self.cycles = Cycles(self, self.records, self.tags)
        self.buckets = Buckets(self)
        self.objects = ObjectIndex(self)
        self.uploads = Uploads(self)
        self.features = Features(self)
        self.metrics = Metrics(self)

    def close(self) -> None:
        """Stop what changes records by itself, then close every connection."""
        self.cycles.close()
        super().close()
