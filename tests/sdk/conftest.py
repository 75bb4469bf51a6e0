"""User scripts run as users run them: a child process under ``sagemaker-emulator run``, on each executor.

Scripts print ``RESULT <json>`` as their last line; :func:`run_script` gives that back.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Running

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent / "scripts"

RunCommand = Callable[..., subprocess.CompletedProcess[str]]


def command_environment(server: Running) -> dict[str, str]:
    """What a shell would have: no AWS settings, and the data folder of the server to use."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "SAGEMAKER_EMULATOR_DATA_DIR": str(server.data_dir), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def run_command(executor_server: Running) -> RunCommand:
    """``run_command("aws", "s3", "ls")`` under ``sagemaker-emulator run`` against the server under test."""

    def run(*words: str, timeout: float = 280) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "emulator", "run", "--", *words],
            env=command_environment(executor_server),
            cwd=executor_server.data_dir,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON a script printed last; its whole output when it failed."""
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.rpartition("RESULT ")[2])
    return found
