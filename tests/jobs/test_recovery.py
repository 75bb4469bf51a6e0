"""``kill -9`` of the server at any moment, and a new one over the same data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.commands._servers import LOG_FILE
from tests.conftest import Running
from tests.jobs.account import Account

Start = Callable[..., Running]
TICKS = """
import pathlib, time
for number in range(1000):
    print("tick", number, flush=True)
    if pathlib.Path("/opt/ml/model").joinpath("go").exists(): break
    time.sleep(0.05)
    if number == 60: break
open("/opt/ml/model/m", "w").write("done")
"""


def kill(server: Running, number: int = signal.SIGKILL) -> None:
    """Send a signal and wait until the server is gone."""
    os.kill(server.pid, number)
    state = Path(f"/proc/{server.pid}/stat")
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.02)


def containers(name: str) -> list[str]:
    done = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label=sagemaker-emulator.name={name}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.docker
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_running_container_is_adopted(base_image: str, start_server: Start, tmp_path: Path, number: int) -> None:
    first = start_server("--executor", "docker", data_dir=tmp_path)
    account = Account(first.client)
    name = account.start_training(TICKS, algorithm={"TrainingImage": base_image})
    account.wait(name, until=lambda: "tick 3" in account.lines(name))
    kill(first, number)
    said = (tmp_path / LOG_FILE).read_text()
    assert ("1 unfinished job(s) go on in Docker" in said) is (number == signal.SIGTERM)
    account.use(start_server("--executor", "docker", data_dir=tmp_path).client)
    job = account.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert account.lines(name) == [f"tick {number}" for number in range(61)]
    assert account.tar(f"output/{name}/output/model.tar.gz") == {"m": b"done"}
    transitions = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert transitions == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert containers(name) == []


def test_a_process_that_died_with_the_server_ends_the_job(start_server: Start, tmp_path: Path) -> None:
    first = start_server("--executor", "process", data_dir=tmp_path)
    account = Account(first.client)
    done = account.training("open('/opt/ml/model/m', 'w').write('x')")
    name = account.start_training("import time; print('up', flush=True); time.sleep(600)")
    account.wait(name, until=lambda: "up" in account.lines(name))
    kill(first)
    account.use(start_server("--executor", "process", data_dir=tmp_path).client)
    job = account.wait(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: the emulator ended while the training job ran")
    assert _times_as_text(account.describe(done["TrainingJobName"])) == _times_as_text(done)
    assert account.tar(f"output/{done['TrainingJobName']}/output/model.tar.gz") == {"m": b"x"}


@pytest.mark.docker
@pytest.mark.parametrize("moment", range(6))
def test_every_job_completes_whenever_the_server_dies(
    base_image: str, start_server: Start, tmp_path: Path, moment: int
) -> None:
    first = start_server("--executor", "docker", "--max-jobs", "2", data_dir=tmp_path)
    account = Account(first.client)
    algorithm = {"TrainingImage": base_image}
    script = "import time; print('ran', flush=True); time.sleep(0.3); open('/opt/ml/model/m', 'w').write('x')"
    names = [account.start_training(script, algorithm=algorithm) for _ in range(3)]
    time.sleep(moment * 0.15)  # anywhere between the first staging and the last upload
    kill(first)
    account.use(start_server("--executor", "docker", data_dir=tmp_path).client)
    for name in names:
        job = account.wait(name)
        assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
        assert account.lines(name) == ["ran"]
        assert account.tar(f"output/{name}/output/model.tar.gz") == {"m": b"x"}
        assert containers(name) == []
    assert not list((tmp_path / "work").glob("*Job/*"))


@pytest.mark.parametrize("moment", range(4))
def test_no_job_is_lost_whenever_the_server_dies(start_server: Start, tmp_path: Path, moment: int) -> None:
    first = start_server("--executor", "process", "--max-jobs", "1", data_dir=tmp_path)
    account = Account(first.client)
    names = [account.start_processing("print('ran', flush=True)") for _ in range(4)]
    if moment:
        account.wait(names[moment - 1])
    kill(first)
    account.use(start_server("--executor", "process", data_dir=tmp_path).client)
    for number, name in enumerate(names):
        job = account.wait(name)
        if job["ProcessingJobStatus"] == "Failed":
            assert job["FailureReason"].startswith("InternalServerError: the emulator ended"), number
        else:
            assert account.lines(name) == ["ran"]
    assert not list((tmp_path / "work").glob("*Job/*"))


def _times_as_text(description: dict[str, Any]) -> str:
    description.pop("ResponseMetadata", None)
    return repr(description)
