"""The SageMaker Python SDK v3, in an environment of its own: v2 and v3 share a package name."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import pytest
import uv

from tests.sdk.conftest import SCRIPTS, RunCommand, result

REQUIREMENTS = ("sagemaker-core>=2.20,<3", "sagemaker-train>=1.20,<2")


@pytest.fixture(scope="module")
def python_v3() -> str:
    """A Python with the SDK v3, made once per machine."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagemaker-emulator-tests"
    cache.mkdir(parents=True, exist_ok=True)
    python, done = cache / "sdk-v3" / "bin" / "python", cache / "sdk-v3" / "complete"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            tool = uv.find_uv_bin()
            subprocess.run([tool, "venv", "--quiet", "--clear", str(cache / "sdk-v3")], check=True)
            subprocess.run([tool, "pip", "install", "--quiet", "--python", str(python), *REQUIREMENTS], check=True)
            done.touch()
    return str(python)


def test_model_trainer_runs_a_script(run_command: RunCommand, python_v3: str) -> None:
    done = run_command(python_v3, str(SCRIPTS / "model_trainer.py"))
    found = result(done)
    assert found["status"] == "Completed"
    assert found["model_data"].endswith("/output/model.tar.gz")
    assert "v3 script runs as v3-trainer" in done.stdout + done.stderr
