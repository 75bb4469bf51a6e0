"""What is remembered of buckets is never older than what was acknowledged."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path

from emulator.arns import Scope
from emulator.store import Store

CHANGES = 300


def test_who_asks_after_a_change_sees_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.buckets.insert(Scope(), "b")
    done = [0]
    older: list[tuple[int, int]] = []

    def ask() -> None:
        while done[0] < CHANGES:
            acknowledged = done[0]
            document = store.buckets.config("b", "Kind")
            found = document["Number"] if document else 0
            if found < acknowledged:
                older.append((acknowledged, found))

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for number in range(1, CHANGES + 1):
        store.buckets.put_config("b", "Kind", {"Number": number})
        done[0] = number
    for asker in askers:
        asker.join()
    store.close()
    assert older == []


def test_what_was_rolled_back_is_not_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.buckets.insert(Scope(), "b")
    assert store.buckets.config("b", "Kind") is None
    try:
        with store.transaction():
            store.buckets.put_config("b", "Kind", {"Number": 1})
            assert store.buckets.config("b", "Kind") == {"Number": 1}
            store.buckets.set_versioning("b", "Enabled")
            raise KeyError
    except KeyError:
        pass
    assert store.buckets.config("b", "Kind") is None
    found = store.buckets.get("b")
    assert found is not None
    assert found.versioning == ""
    store.buckets.delete("b")
    assert store.buckets.get("b") is None
    store.close()


def test_names_of_no_buckets_do_not_fill_the_memory(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.buckets.insert(Scope(), "b")
    tracemalloc.start()
    for number in range(500):
        name = f"{number:060000}"
        assert store.buckets.get(name) is None
        assert store.buckets.config(name, "Kind") is None
        assert store.buckets.config("b", "Kind", name) is None
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    store.close()
    assert held < 5 << 20


def test_large_documents_do_not_fill_the_memory(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.buckets.insert(Scope(), "b")
    tracemalloc.start()
    for number in range(100):
        store.buckets.put_config("b", str(number), "x" * 200_000)
    for number in range(100):
        assert len(store.buckets.config("b", str(number))) == 200_000
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    store.close()
    assert held < 5 << 20
