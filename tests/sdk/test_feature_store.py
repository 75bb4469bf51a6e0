"""The SageMaker Python SDK v2's feature store, unmodified: ingest in several processes, Athena queries, datasets."""

from __future__ import annotations

import sys

import pytest

from tests.sdk.conftest import SCRIPTS, RunCommand, result


def test_create_ingest_query_and_delete(run_command: RunCommand) -> None:
    found = result(run_command(sys.executable, str(SCRIPTS / "feature_store.py")))
    assert found["listed"] == [found["name"]]
    assert found["record"] == {"customer_id": "1", "spent": "11", "event_time": "1700009999.0"}
    assert found["columns"] == ["customer_id", "city", "spent", "is_deleted"]
    assert found["rows"] == [
        [1, "Berlin", 10.5, False],
        [1, None, 11.0, False],
        [2, "Paris", 20.25, False],
        [2, None, None, True],
        [3, "Rome", None, False],
        [4, 'a "quoted", one', 1e9, False],
    ]
    assert [(row["customer_id"], row["spent"]) for row in found["dataset"]] == [
        (1, 10.5),
        (1, 11.0),
        (3, None),
        (4, 1e9),
    ]
    assert [(row["customer_id"], row["label"], row["city.1"]) for row in found["joined"]] == [
        (1, 0, "Berlin"),
        (3, 1, "Rome"),
    ]


@pytest.fixture(scope="session", params=["process"])
def executor_server(request: pytest.FixtureRequest, server: object) -> object:
    """No jobs here: one server is enough."""
    return server
