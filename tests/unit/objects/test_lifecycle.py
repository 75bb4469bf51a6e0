"""Lifecycle rules meet writers: what changes while a run goes through a bucket is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from emulator.arns import Scope, now
from emulator.objects import Objects
from emulator.objects.lifecycle import DAY, KIND, Lifecycle
from emulator.store import Entry, Store

SCOPE = Scope("123456789012", "us-east-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "state.db")
    store.buckets.insert(SCOPE, "b")
    yield store
    store.close()


@pytest.fixture
def objects(tmp_path: Path, store: Store) -> Objects:
    return Objects(tmp_path / "objects", store)


def put(objects: Objects, key: str) -> Entry:
    return objects.put("b", key, BytesIO(b"body"), {})


def run(objects: Objects, store: Store, rule: dict[str, Any], meanwhile: Callable[[], object]) -> list[str]:
    """Carry out a rule in ten days; ``meanwhile`` happens after the first thing done. The events of what was done."""
    store.buckets.put_config("b", KIND, {"Rules": [{"Status": "Enabled", "Filter": {}, **rule}]})
    told: list[str] = []

    def tell(bucket: Any, event: str, entry: Entry) -> None:
        told.append(f"{event} {entry.key}")
        if len(told) == 1:
            meanwhile()

    Lifecycle(objects, store, tell).run(now() + 10 * DAY)
    return told


OUTDATED = {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}


def test_a_hold_put_during_a_run_holds(objects: Objects, store: Store) -> None:
    store.buckets.set_versioning("b", "Enabled")
    first = [put(objects, key) for key in ("a", "b", "c")][1]
    for key in ("a", "b", "c"):
        put(objects, key)
    told = run(
        objects,
        store,
        OUTDATED,
        lambda: store.objects.set_meta(replace(first, meta={"ObjectLockLegalHoldStatus": "ON"})),
    )
    assert told == ["LifecycleExpiration:Delete a", "LifecycleExpiration:Delete c"]
    assert store.objects.get("b", "b", first.version) is not None


def test_a_new_null_version_is_not_the_outdated_one(objects: Objects, store: Store) -> None:
    for key in ("a", "b"):
        put(objects, key)
    store.buckets.set_versioning("b", "Enabled")
    for key in ("a", "b"):
        put(objects, key)

    def write() -> None:
        store.buckets.set_versioning("b", "Suspended")
        put(objects, "b")

    assert run(objects, store, OUTDATED, write)[0] == "LifecycleExpiration:Delete a"
    found = store.objects.get("b", "b")
    assert found is not None
    assert (found.version, found.latest) == ("null", True)


def test_a_tag_set_during_a_run_stays(objects: Objects, store: Store) -> None:
    second = [put(objects, key) for key in ("a", "b")][1]
    moved = {"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}
    tags = [{"Key": "k", "Value": "v"}]
    run(objects, store, moved, lambda: store.objects.set_meta(replace(second, meta={"Tags": tags})))
    found = store.objects.get("b", "b")
    assert found is not None
    assert found.meta == {"Tags": tags, "StorageClass": "GLACIER"}


@pytest.mark.parametrize("again", [True, False], ids=["written", "deleted"])
def test_what_is_gone_is_not_moved(objects: Objects, store: Store, again: bool) -> None:
    for key in ("a", "b"):
        put(objects, key)

    def meanwhile() -> None:
        if again:
            put(objects, "b")
        else:
            with objects.change() as change, store.transaction():
                change.drop(store.objects.delete("b", "b", "")[1])

    moved = {"Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}
    assert run(objects, store, moved, meanwhile) == ["LifecycleTransition a"]


def test_what_is_written_during_a_run_does_not_expire(objects: Objects, store: Store) -> None:
    for key in ("in/a", "out", "in/b"):
        put(objects, key)
    rule = {"Filter": {"Prefix": "in/"}, "Expiration": {"Days": 1}}
    told = run(objects, store, rule, lambda: put(objects, "in/b"))  # its row gets the number of the old one
    assert told == ["LifecycleExpiration:Delete in/a"]
    assert store.objects.get("b", "in/b") is not None
