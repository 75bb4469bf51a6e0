"""Plans are carried out in order and at their time, told to waiters, and lost neither by rollback nor by restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator import arns
from emulator.arns import Scope
from emulator.store import Store
from emulator.store.cycles import PLAN

SCOPE = Scope()
KIND = "Thing"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "state.db")
    yield made
    made.close()


def insert(store: Store, name: str, pace: float, *steps: dict[str, Any]) -> None:
    record = {"Status": "First", PLAN: {"member": "Status", "pace": pace, "steps": list(steps)}}
    with store.transaction():
        store.records.insert(SCOPE, KIND, name, record, arn=f"arn:{name}", status="First")
        store.tags.add(f"arn:{name}", [{"Key": "a", "Value": "b"}])
        store.cycles.arm(SCOPE, KIND, name, record)


def status(store: Store, name: str = "a") -> str | None:
    record = store.records.get(SCOPE, KIND, name)
    return record["Status"] if record else None


def test_all_steps_that_are_due(store: Store) -> None:
    last = {"status": "Last", "changes": {"Url": "u"}, "stamps": ["EndTime"]}
    insert(store, "a", 0.0, {"status": "Second"}, last)
    insert(store, "b", 3600.0, {"status": "Second"})
    store.cycles.settle()
    record = store.records.get(SCOPE, KIND, "a")
    assert record is not None
    assert (record["Status"], record["Url"], PLAN in record) == ("Last", "u", False)
    assert record["EndTime"] <= arns.now()
    assert [found.name for found in store.records.every(KIND, ["Last"])] == ["a"]
    assert status(store, "b") == "First"


def test_gone_with_its_tags(store: Store) -> None:
    insert(store, "a", 0.0, {"gone": True})
    store.cycles.settle()
    assert status(store) is None
    assert store.tags.get("arn:a") == []


def test_a_new_plan_takes_the_place_of_the_old(store: Store) -> None:
    insert(store, "a", 0.0, {"status": "Second"})
    with store.transaction():
        record = store.records.update(SCOPE, KIND, "a", {"Status": "Else", PLAN: None}, status="Else")
        assert record is not None
        store.cycles.arm(SCOPE, KIND, "a", record)
    store.cycles.settle()
    assert status(store) == "Else"


def test_what_is_rolled_back_is_not_planned(store: Store) -> None:
    def broken() -> None:
        with store.transaction():
            insert(store, "a", 0.0, {"status": "Second"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    store.cycles.settle()
    assert status(store) is None


def test_a_later_store_goes_on(store: Store, tmp_path: Path) -> None:
    insert(store, "a", 0.0, {"status": "Second"})
    store.close()
    later = Store(tmp_path / "state.db")
    later.cycles.start()
    assert status(later) == "Second"
    later.close()


def test_waiters_are_told_and_no_thread_stays(store: Store) -> None:
    store.cycles.start()
    assert not cycling()
    insert(store, "a", 0.05, {"status": "Second"}, {"status": "Last"})
    assert cycling()
    record = store.records.wait(SCOPE, KIND, "a", lambda now: now["Status"] == "Last", timeout=30)
    assert record is not None
    assert record["Status"] == "Last"
    for thread in cycling():
        thread.join(30)
    assert not cycling()


def cycling() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "cycles"]
