"""The SDK v2's model registry calls: register, approve, search, list, and a model from a package."""

from __future__ import annotations

import sys

from tests.sdk.conftest import SCRIPTS, RunCommand, result


def test_register_approve_find_and_use(run_command: RunCommand) -> None:
    found = result(run_command(sys.executable, str(SCRIPTS / "model_registry.py")))
    first, second = found["arns"]
    assert (first.rpartition("/")[2], second.rpartition("/")[2]) == ("1", "2")
    assert found["searched"] == [second]
    assert found["latest"] == [second]
    assert found["model_of"] == second
