"""Training jobs through boto3, the same on every executor."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs.account import Account, channel

DATA = "/opt/ml/input/data"


def secondary(job: dict[str, Any]) -> list[str]:
    return [entry["Status"] for entry in job["SecondaryStatusTransitions"]]


def test_from_channel_to_model(account: Account) -> None:
    account.put("train/a.csv", "1\n2\n")
    job = account.training(
        f"import os, shutil\n"
        f"shutil.copy('{DATA}/train/a.csv', '/opt/ml/model/copy.csv')\n"
        "os.makedirs('/opt/ml/model/code'); open('/opt/ml/model/code/inference.py', 'w').write('pass')\n"
        "open('/opt/ml/output/data/report.txt', 'w').write('fine')\n"
        "for step in range(3): print(f'step {step}\\tloss={1 / (step + 1)}', flush=True)\n",
        InputDataConfig=[channel("train", account.uri("train"))],
        HyperParameters={"depth": "3"},
        algorithm={"MetricDefinitions": [{"Name": "loss", "Regex": r"#011loss=([0-9.]+)"}]},
    )
    name = job["TrainingJobName"]
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert secondary(job) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(entry["StatusMessage"] for entry in job["SecondaryStatusTransitions"])
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == account.uri(f"output/{name}/output/model.tar.gz")
    assert account.tar(f"output/{name}/output/model.tar.gz") == {"copy.csv": b"1\n2\n", "code/inference.py": b"pass"}
    assert account.tar(f"output/{name}/output/output.tar.gz") == {"report.txt": b"fine"}
    assert job["FinalMetricDataList"][0]["MetricName"] == "loss"
    assert job["FinalMetricDataList"][0]["Value"] == pytest.approx(1 / 3)
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"] > 0
    assert account.lines(name)[0] == "step 0\tloss=1.0"


def test_configuration_files_and_variables(account: Account) -> None:
    account.put("train/a.csv", "1\n2\n")
    job = account.training(
        "import json, os\n"
        "for name in ('hyperparameters', 'inputdataconfig', 'resourceconfig'):\n"
        "    print(json.dumps(json.load(open(f'/opt/ml/input/config/{name}.json'))))\n"
        "print(json.dumps(dict(os.environ)))\n"
        "open('/opt/ml/input/sm_training.env', 'w').write('the SDK drivers write here')",
        InputDataConfig=[{**channel("train", account.uri("train")), "ContentType": "text/csv"}],
        HyperParameters={"program": '"train.py"', "depth": "3"},
        Environment={"COLOUR": "blue"},
    )
    parameters, inputs, resources, variables = map(json.loads, account.lines(job["TrainingJobName"]))
    assert parameters == {"program": '"train.py"', "depth": "3"}
    assert inputs["train"]["ContentType"] == "text/csv"
    assert resources["current_instance_type"] == "ml.m5.large"
    assert variables["TRAINING_JOB_NAME"] == job["TrainingJobName"]
    assert variables["COLOUR"] == "blue"


def test_failure_file_and_exit_code(account: Account) -> None:
    job = account.training(
        "import sys; open('/opt/ml/output/failure', 'w').write('the data is bad')\n"
        "open('/opt/ml/model/m', 'w'); sys.exit(9)"
    )
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the data is bad, exit code: 9"
    assert account.keys(f"output/{job['TrainingJobName']}/") == []


def test_stop_keeps_the_partial_model(account: Account) -> None:
    name = account.start_training(
        "import signal, sys, time\n"
        "def stop(*_):\n"
        "    open('/opt/ml/model/partial', 'w').write('p'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop); print('ready', flush=True); time.sleep(600)"
    )
    account.wait(name, until=lambda: "ready" in account.lines(name))
    account.stop(name)
    job = account.wait(name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert secondary(job)[-2:] == ["Stopping", "Stopped"]
    assert account.tar(f"output/{name}/output/model.tar.gz") == {"partial": b"p"}
    with pytest.raises(ClientError, match="in status Stopped"):
        account.stop(name)


def test_the_time_is_up(account: Account) -> None:
    job = account.training("import time; time.sleep(600)", seconds=2)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_loose_outputs(account: Account) -> None:
    job = account.training(
        "import os; os.makedirs('/opt/ml/model/d'); open('/opt/ml/model/d/m', 'w').write('m')",
        output={"CompressionType": "NONE"},
    )
    folder = f"output/{job['TrainingJobName']}/output/model/"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == account.uri(folder)
    assert account.keys(folder) == [f"{folder}d/m"]


def test_fast_file_mode_is_read_only(account: Account) -> None:
    account.put("fast/d/x", "data")
    job = account.training(
        f"print(open('{DATA}/c/d/x').read())\n"
        "try:\n"
        f"    open('{DATA}/c/d/x', 'r+').write('!')\n"
        "except OSError as error:\n"
        "    print('refused')\n",
        InputDataConfig=[channel("c", account.uri("fast/"), "FastFile")],
    )
    assert account.lines(job["TrainingJobName"]) == ["data", "refused"]
    assert account.get("fast/d/x") == b"data"


def test_pipe_mode(account: Account) -> None:
    account.put("pipe/1", "one ")
    account.put("pipe/2", "two ")
    job = account.training(
        f"for epoch in range(2): print(open(f'{DATA}/c_{{epoch}}').read(), flush=True)",
        InputDataConfig=[channel("c", account.uri("pipe/"), "Pipe")],
    )
    assert account.lines(job["TrainingJobName"]) == ["one two ", "one two "]


def test_hosts_find_each_other_and_merge_their_models(account: Account) -> None:
    job = account.training(
        "import json, socket, time\n"
        "resources = json.load(open('/opt/ml/input/config/resourceconfig.json'))\n"
        "host = resources['current_host']\n"
        "if host == 'algo-1':\n"
        "    server = socket.create_server((socket.gethostbyname('algo-1'), 7007))\n"
        "    word = server.accept()[0].recv(100).decode()\n"
        "else:\n"
        "    while True:\n"
        "        try:\n"
        "            connection = socket.create_connection(('algo-1', 7007), timeout=5); break\n"
        "        except OSError: time.sleep(0.1)\n"
        "    connection.sendall(b'hello'); word = 'sent'\n"
        "open(f'/opt/ml/model/{host}', 'w').write(word)",
        hosts=2,
    )
    name = job["TrainingJobName"]
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert account.tar(f"output/{name}/output/model.tar.gz") == {"algo-1": b"hello", "algo-2": b"sent"}


def test_checkpoints_go_out_while_it_runs_and_come_back(account: Account) -> None:
    place = {"CheckpointConfig": {"S3Uri": account.uri("checks"), "LocalPath": "/opt/ml/checkpoints"}}
    name = account.start_training(
        "import time; open('/opt/ml/checkpoints/1', 'w').write('first'); time.sleep(600)", **place
    )
    account.wait(name, until=lambda: account.keys("checks/") == ["checks/1"])
    account.stop(name)
    account.wait(name)
    again = account.training("print(open('/opt/ml/checkpoints/1').read())", **place)
    assert account.lines(again["TrainingJobName"]) == ["first"]


def test_an_isolated_job_has_no_network(account: Account) -> None:
    job = account.training(
        "import os, socket, urllib.request\n"
        "print(socket.gethostbyname('algo-1'))\n"
        "try:\n"
        "    urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'], timeout=5); print('reached')\n"
        "except OSError: print('isolated')",
        EnableNetworkIsolation=True,
    )
    assert account.lines(job["TrainingJobName"])[-1] == "isolated"


def test_missing_data(account: Account) -> None:
    job = account.training("print(1)", InputDataConfig=[channel("c", account.uri("nowhere/"))])
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed: No S3 objects found under S3 URL")
    assert secondary(job) == ["Starting", "Downloading", "Failed"]
