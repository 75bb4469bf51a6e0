"""Life cycles as a client sees them: their pace, and that a killed server's resources go on with the next."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Running

Start = Callable[..., Running]
ROLE = "arn:aws:iam::123456789012:role/service-role/Role"


def kill(server: Running) -> None:
    os.kill(server.pid, signal.SIGKILL)
    state = Path(f"/proc/{server.pid}/stat")
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.02)


def notebook(sagemaker: Any) -> str:
    return str(sagemaker.describe_notebook_instance(NotebookInstanceName="n")["NotebookInstanceStatus"])


def make(sagemaker: Any) -> None:
    sagemaker.create_notebook_instance(NotebookInstanceName="n", InstanceType="ml.t3.medium", RoleArn=ROLE)


def test_no_pace_at_all(start_server: Start) -> None:
    sagemaker = start_server("--executor", "process", "--pace", "0").client("sagemaker")
    make(sagemaker)
    assert notebook(sagemaker) == "InService"
    sagemaker.stop_notebook_instance(NotebookInstanceName="n")
    assert notebook(sagemaker) == "Stopped"
    sagemaker.update_notebook_instance(NotebookInstanceName="n", VolumeSizeInGB=9)
    assert notebook(sagemaker) == "Stopped"
    sagemaker.delete_notebook_instance(NotebookInstanceName="n")
    with pytest.raises(ClientError, match="RecordNotFound"):
        notebook(sagemaker)


def test_a_kill_leaves_the_plan_and_its_pace(start_server: Start, tmp_path: Path) -> None:
    slow = ("--executor", "process", "--pace", "3600")
    fast = ("--executor", "process", "--pace", "0")
    first = start_server(*slow, data_dir=tmp_path)
    make(first.client("sagemaker"))
    assert notebook(first.client("sagemaker")) == "Pending"
    kill(first)
    second = start_server(*fast, data_dir=tmp_path)
    sagemaker = second.client("sagemaker")
    listed = sagemaker.list_notebook_instances(StatusEquals="Pending")["NotebookInstances"]
    assert [item["NotebookInstanceName"] for item in listed] == ["n"]


def test_steps_that_came_due_while_no_server_ran(start_server: Start, tmp_path: Path) -> None:
    flags = ("--executor", "process", "--pace", "0.5")
    first = start_server(*flags, data_dir=tmp_path)
    make(first.client("sagemaker"))
    project = {"ProjectName": "p", "ServiceCatalogProvisioningDetails": {"ProductId": "prod-1"}}
    first.client("sagemaker").create_project(**project)
    kill(first)
    time.sleep(1.5)
    sagemaker = start_server(*flags, data_dir=tmp_path).client("sagemaker")
    assert notebook(sagemaker) == "InService"
    found = sagemaker.describe_project(ProjectName="p")
    assert found["ProjectStatus"] == "CreateCompleted"
    # Its last change was when the step was due, not when the server came back.
    assert (found["LastModifiedTime"] - found["CreationTime"]).total_seconds() == pytest.approx(1.0, abs=0.1)


def test_a_list_and_a_waiter_see_the_same(client: Callable[..., Any]) -> None:
    sagemaker = client("sagemaker", region_name="ap-south-1")
    make(sagemaker)
    sagemaker.get_waiter("notebook_instance_in_service").wait(NotebookInstanceName="n", WaiterConfig={"Delay": 1})
    assert len(sagemaker.list_notebook_instances(StatusEquals="InService")["NotebookInstances"]) == 1
    assert sagemaker.list_notebook_instances(StatusEquals="Pending")["NotebookInstances"] == []
