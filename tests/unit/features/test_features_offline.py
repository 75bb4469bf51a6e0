"""The offline store when a group is deleted with rows still queued: too short a moment to be met from outside."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from emulator.arns import Scope, arn
from emulator.features.offline import REST, Offline
from emulator.objects import Objects
from emulator.store import Store, Walk

SCOPE = Scope()
ARN = arn(SCOPE, "feature-group/a")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state.db")


@pytest.fixture
def objects(tmp_path: Path, store: Store) -> Objects:
    return Objects(tmp_path / "objects", store)


def group(prefix: str) -> dict[str, Any]:
    features = {"FeatureDefinitions": [{"FeatureName": "id", "FeatureType": "String"}]}
    storage = {"S3StorageConfig": {"ResolvedOutputS3Uri": f"s3://kept/{prefix}"}}
    return {"FeatureGroupArn": ARN, "OfflineStoreConfig": storage, **features}


def delete(store: Store, offline: Offline) -> None:
    with store.transaction():
        offline.keep(SCOPE, group("old"))
        store.records.delete(SCOPE, "FeatureGroup", "a")


def put(store: Store, id: str) -> None:
    store.features.queue(ARN, 1.0, 2.0, False, {"id": id})


def test_rows_of_a_deleted_group_are_written_where_they_belong(store: Store, objects: Objects) -> None:
    store.buckets.insert(SCOPE, "kept")
    offline = Offline(store, objects)
    store.records.insert(SCOPE, "FeatureGroup", "a", group("old"), arn=ARN)
    put(store, "late")
    delete(store, offline)
    store.records.insert(SCOPE, "FeatureGroup", "a", group("new"), arn=ARN)
    put(store, "first")
    offline.flush()
    found = {}
    for entry in store.objects.live(Walk("kept", "")).rows:
        _, file = objects.open("kept", entry.key)
        assert file is not None
        with file:
            found[entry.key.split("/")[0]] = parquet.ParquetFile(io.BytesIO(file.read())).read().to_pylist()
    assert {prefix: [row["id"] for row in rows] for prefix, rows in found.items()} == {
        "old": ["late"],
        "new": ["first"],
    }
    assert list(store.records.every(REST)) == []


def test_rows_of_a_deleted_group_do_not_wait_for_its_bucket(store: Store, objects: Objects) -> None:
    offline = Offline(store, objects)
    store.records.insert(SCOPE, "FeatureGroup", "a", group("old"), arn=ARN)
    put(store, "late")
    offline.flush()
    assert len(store.features.queued(0, 10)) == 1
    delete(store, offline)
    offline.flush()
    assert store.features.queued(0, 10) == []
    assert list(store.records.every(REST)) == []
