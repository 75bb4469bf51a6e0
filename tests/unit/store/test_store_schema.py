"""Migrations: what is in the history stays as it is, and rows keep their values and their order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from emulator.store import Store
from emulator.store.metrics import Point
from emulator.store.schema import MIGRATIONS

# One line per migration, never changed: files of that version are in somebody's hands.
DIGESTS = [
    "ffb8522c7ddca78c",
    "93e57f42b54ae2bf",
    "366755f9e6b0f53c",
    "abff63b385b98181",
    "b7154278e734aaf7",
    "f45f65faf8ec0343",
    "f10ef65af7aaca96",
]


def test_no_migration_is_edited() -> None:
    assert [blake2b(sql.encode(), digest_size=8).hexdigest() for sql in MIGRATIONS] == DIGESTS


def test_metrics_keep_their_order(tmp_path: Path) -> None:
    points = [(9.0, 1, 1.0), (3.0, None, 2.0), (9.0, 0, 3.0), (9.0, 0, 4.0)]
    with closing(sqlite3.connect(tmp_path / "state.db")) as earlier:
        for sql in MIGRATIONS[:4]:
            earlier.executescript(sql)
        rows = [("arn", "loss", *point) for point in points]
        earlier.executemany("INSERT INTO metrics (arn, name, time, step, value) VALUES (?, ?, ?, ?, ?)", rows)
        earlier.execute("PRAGMA user_version = 4")
        earlier.commit()
    store = Store(tmp_path / "state.db")
    store.metrics.put("arn", [("loss", Point(9.0, None, 5.0))])
    assert [point.value for point in store.metrics.series("arn", "loss")] == [2.0, 1.0, 3.0, 4.0, 5.0]
    store.close()
