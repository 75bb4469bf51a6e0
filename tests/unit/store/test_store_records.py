"""Records, tags, transactions, waiting: the store as every other part uses it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from emulator.arns import Scope
from emulator.errors import ServiceError
from emulator.store import Exists, Query, Store

HERE, THERE = Scope("123456789012", "us-east-1"), Scope("123456789012", "us-west-2")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state.db")


def names(store: Store, query: Query) -> list[str]:
    return [stored.name for stored in store.records.list(HERE, "Job", query).items]


def test_a_record_comes_back_and_scopes_are_apart(store: Store) -> None:
    record = {"TrainingJobName": "a", "Nested": {"List": [1, 2.5, "ü"]}, "_private": True}
    store.records.insert(HERE, "Job", "a", record, arn="arn:a", status="InProgress")
    assert store.records.get(HERE, "Job", "a") == record
    assert store.records.get(THERE, "Job", "a") is None
    assert store.records.get(HERE, "Other", "a") is None
    stored = store.records.by_arn("arn:a")
    assert stored is not None
    assert (stored.scope, stored.kind, stored.name, stored.status) == (HERE, "Job", "a", "InProgress")
    assert store.records.by_arn("") is None
    with pytest.raises(Exists):
        store.records.insert(HERE, "Job", "a", {})
    assert store.records.delete(HERE, "Job", "a")
    assert not store.records.delete(HERE, "Job", "a")


def test_update_merges_removes_and_touches(store: Store) -> None:
    store.records.insert(HERE, "Job", "a", {"A": 1, "B": 2, "CreationTime": 1.0}, status="X")
    changed = store.records.update(HERE, "Job", "a", {"B": None, "C": 3}, status="Y")
    assert changed is not None
    assert changed.pop("LastModifiedTime") > 1
    assert changed == {"A": 1, "C": 3, "CreationTime": 1.0}
    assert store.records.update(HERE, "Job", "a", lambda record: None, status="Z") == store.records.get(
        HERE, "Job", "a"
    )
    assert [stored.status for stored in store.records.every("Job")] == ["Y"]
    assert store.records.update(HERE, "Job", "none", {"A": 1}) is None


@pytest.mark.parametrize("sort", ["name", "created", "modified", "status"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_in_every_order_survive_inserts(store: Store, sort: str, descending: bool) -> None:
    for number in range(20):
        times = {"CreationTime": float(number // 3), "LastModifiedTime": float(number % 4)}
        store.records.insert(HERE, "Job", f"n{number:02}", times, status=f"s{number % 2}")
    whole = names(store, Query(sort=sort, descending=descending))
    assert len(whole) == 20
    seen, token, late = [], None, 0
    while True:
        page = store.records.list(HERE, "Job", Query(sort=sort, descending=descending, limit=3, token=token))
        seen += [stored.name for stored in page.items]
        store.records.insert(HERE, "Job", f"late{late}", {"CreationTime": 2.0}, status="s0")
        late += 1
        if page.next_token is None:
            break
        token = page.next_token
    assert [name for name in seen if not name.startswith("late")] == whole
    assert len(seen) == len(set(seen))


def test_filters(store: Store) -> None:
    for number in range(6):
        store.records.insert(
            HERE,
            "Job",
            f"job-{number}",
            {"CreationTime": float(number)},
            status="AB"[number % 2],
            parent=f"p{number % 3}",
        )
    assert names(store, Query(status="A", descending=False)) == ["job-0", "job-2", "job-4"]
    assert names(store, Query(parent="p1", descending=False)) == ["job-1", "job-4"]
    assert names(store, Query(name_contains="-3")) == ["job-3"]
    assert names(store, Query(created_after=1.0, created_before=4.0, descending=False)) == ["job-2", "job-3"]
    assert [stored.name for stored in store.records.every("Job", {"B"})] == ["job-1", "job-3", "job-5"]


def test_a_token_of_another_query_is_refused(store: Store) -> None:
    for number in range(3):
        store.records.insert(HERE, "Job", f"n{number}", {})
    token = store.records.list(HERE, "Job", Query(limit=1)).next_token
    for query in (
        Query(token="junk"),
        Query(token="%%%"),
        Query(token=token, sort="name"),
        Query(token=token, status="A"),
    ):
        with pytest.raises(ServiceError, match="ValidationException"):
            store.records.list(HERE, "Job", query)


def test_every_sort_and_filter_has_an_index(store: Store) -> None:
    queries = [Query(sort=sort) for sort in ("name", "created", "modified", "status")]
    for query in [*queries, Query(status="A"), Query(parent="p")]:
        end, values = query.sql(HERE, "Job")
        plan = " ".join(row[-1] for row in store.rows(f"EXPLAIN QUERY PLAN SELECT * FROM records {end}", values))
        assert "USING INDEX" in plan
        assert "TEMP B-TREE" not in plan


def test_a_transaction_is_all_or_nothing_and_inner_ones_join(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.records.insert(HERE, "Job", "a", {})
            store.tags.add("arn:a", [{"Key": "k", "Value": "v"}])
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert store.records.get(HERE, "Job", "a") is None
    assert store.tags.get("arn:a") == []
    with store.transaction():
        store.records.insert(HERE, "Job", "a", {})
    assert store.records.get(HERE, "Job", "a") == {}


def test_wait_sees_commits_only(store: Store) -> None:
    store.records.insert(HERE, "Job", "a", {"S": 1})
    written, seen = threading.Event(), []

    def write() -> None:
        with store.transaction():
            store.records.update(HERE, "Job", "a", {"S": 2}, touch=False)
            written.set()
        store.records.update(HERE, "Job", "a", {"S": 3}, touch=False)

    def done(record: dict[str, int]) -> bool:
        seen.append(record["S"])
        return record["S"] == 3

    thread = threading.Thread(target=write)
    thread.start()
    assert store.records.wait(HERE, "Job", "a", done, 30) == {"S": 3}
    thread.join()
    assert seen == sorted(seen)
    assert store.records.wait(HERE, "Job", "a", lambda record: False, 0) == {"S": 3}
    assert store.records.wait(HERE, "Job", "none", lambda record: False, 30) is None
    with store.transaction(), pytest.raises(RuntimeError):
        store.records.wait(HERE, "Job", "a", lambda record: True, 1)


def test_wait_ends_when_the_record_goes(store: Store) -> None:
    store.records.insert(HERE, "Job", "a", {})
    threading.Timer(0.05, store.records.delete, (HERE, "Job", "a")).start()
    assert store.records.wait(HERE, "Job", "a", lambda record: False, 30) is None


def test_many_writers(store: Store) -> None:
    store.records.insert(HERE, "Job", "a", {"N": 0})

    def add() -> None:
        for _ in range(50):
            store.records.update(HERE, "Job", "a", lambda record: {"N": record["N"] + 1})

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record = store.records.get(HERE, "Job", "a")
    assert record is not None
    assert record["N"] == 400


def test_tags_keep_their_order(store: Store) -> None:
    store.tags.add("arn", [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    store.tags.add("arn", [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}])
    assert store.tags.get("arn") == [{"Key": k, "Value": v} for k, v in (("b", "3"), ("a", "2"), ("c", "4"))]
    store.tags.remove("arn", ["a", "none"])
    store.tags.drop("other")
    assert [tag["Key"] for tag in store.tags.get("arn")] == ["b", "c"]
    store.tags.drop("arn")
    assert store.tags.get("arn") == []


def test_state_survives_and_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = Store(path)
    first.records.insert(HERE, "Job", "a", {"A": 1})
    first.close()
    second = Store(path)
    assert second.records.get(HERE, "Job", "a") == {"A": 1}
    second.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(ValueError, match="newer"):
        Store(path)
