"""The SageMaker Python SDK v2's model cards and monitoring schedules, unmodified."""

from __future__ import annotations

import sys

import pytest

from tests.conftest import Running
from tests.sdk.conftest import SCRIPTS, RunCommand, result


@pytest.fixture(scope="session", params=["process"])
def executor_server(request: pytest.FixtureRequest, server: Running) -> Running:
    """No job runs here: one executor is enough."""
    return server


def test_a_card_and_a_schedule(run_command: RunCommand) -> None:
    found = result(run_command(sys.executable, str(SCRIPTS / "governance.py")))
    assert found["loaded"] == ["Approved", 2, "other words"]
    assert found["versions"] == [[2, "Approved"], [1, "Draft"]]
    assert found["pdf"].startswith("%PDF-")
    assert "model_description: other words" in found["pdf"]
    assert found["statuses"] == ["Stopped", "Scheduled"]
    assert found["daily"] == "cron(0 0 ? * * *)"
    assert found["executions"] == []
