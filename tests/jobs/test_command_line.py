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
