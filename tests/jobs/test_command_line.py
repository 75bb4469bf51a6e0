"""The commands that deal with jobs, on every executor."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.jobs.account import Account

COUNT = "import time; [(print('line', n, flush=True), time.sleep(0.2)) for n in range(8)]"


def cli(server: Any, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emulator", name, "--data-dir", str(server.data_dir), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def processes_with(marker: str) -> list[str]:
    """The command lines of processes on this machine (containers' too) that carry a marker."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if marker in line:
            found.append(line)
    return found


def test_logs_are_followed_to_the_end(executor_server: Any, executor_client: Any) -> None:
    name = Account(executor_client).start_processing(COUNT)
    done = cli(executor_server, "logs", "-f", name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"line {n}" for n in range(8)]
    assert cli(executor_server, "logs", name).stdout == done.stdout


def test_logs_end_with_why_a_job_failed(executor_server: Any, executor_client: Any) -> None:
    name = Account(executor_client).start_processing("raise SystemExit(3)")
    followed = cli(executor_server, "logs", "-f", name)
    assert (followed.returncode, followed.stdout) == (0, "")
    assert f"{name} Failed: AlgorithmError" in followed.stderr


def test_logs_of_a_job_that_runs_say_so(executor_server: Any, executor_client: Any) -> None:
    name = Account(executor_client).start_processing("import time; time.sleep(600)")
    assert f"{name} has not ended; -f follows it" in cli(executor_server, "logs", name).stderr
    assert ["ProcessingJob", "InProgress"] in [
        line.split()[1:3] for line in cli(executor_server, "status").stdout.splitlines() if line.startswith(name)
    ]
    executor_client("sagemaker").stop_processing_job(ProcessingJobName=name)


def test_logs_of_several_hosts_say_whose_line_it_is(executor_server: Any, executor_client: Any) -> None:
    name = Account(executor_client).start_processing("import socket; print(socket.gethostname())", hosts=2)
    lines = cli(executor_server, "logs", "-f", name).stdout.splitlines()
    assert sorted((line.split()[0].split("-")[1], line.split()[1]) for line in lines) == [
        ("1", "algo-1"),
        ("2", "algo-2"),
    ]


def test_reset_ends_running_jobs(start_server: Any, executor_server: Any) -> None:
    running = start_server("--executor", executor_server.executor)
    account = Account(running.client)
    marker = f"marker-{running.pid}"
    name = account.start_processing("import time; time.sleep(600)", marker)
    for _ in range(600):
        if processes_with(marker):
            break
        time.sleep(0.1)
    assert processes_with(marker)
    assert cli(running, "reset").returncode == 0
    assert processes_with(marker) == []
    assert running.client("sagemaker").list_processing_jobs()["ProcessingJobSummaries"] == []
    again = Account(running.client)
    assert again.processing("print('still works')")["ProcessingJobStatus"] == "Completed"
    assert name not in cli(running, "logs", name).stdout


SUBMIT = """
import boto3
sm = boto3.client("sagemaker")
sm.create_processing_job(
    ProcessingJobName="seen", RoleArn="arn:aws:iam::123456789012:role/R",
    AppSpecification={"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
                      "ContainerEntrypoint": ["python3", "-c", "print(1)"]},
    ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}})
sm.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName="seen", WaiterConfig={"Delay": 1})
"""


def test_run_tells_what_the_server_makes(tmp_path: Path) -> None:
    """Here: that the stand-in has another Python than AWS's image; the first time, also what is being installed."""
    words = ["run", "--data-dir", str(tmp_path), "--executor", "process", "--", sys.executable, "-c", SUBMIT]
    command = [sys.executable, "-m", "emulator", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert "sagemaker-emulator: seen: " in done.stderr
    assert "unfinished" not in done.stderr


def test_run_tells_of_jobs_that_outlive_it(tmp_path: Path) -> None:
    submit = SUBMIT.replace("print(1)", "import time; time.sleep(600)").rpartition("sm.get_waiter")[0]
    words = ["run", "--data-dir", str(tmp_path), "--executor", "process", "--", sys.executable, "-c", submit]
    command = [sys.executable, "-m", "emulator", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 unfinished job(s)" in done.stderr
