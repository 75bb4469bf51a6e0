"""The SageMaker Python SDK v2's experiments, unmodified: runs, what they log, and a training job in a run."""

from __future__ import annotations

import sys

import pytest

from tests.conftest import Running
from tests.sdk.conftest import SCRIPTS, RunCommand, result


@pytest.fixture(scope="session", params=["process"])
def executor_server(request: pytest.FixtureRequest, server: Running) -> Running:
    """The one job here is only to be tracked: one executor is enough."""
    return server


def test_runs_and_a_job_in_a_run(run_command: RunCommand) -> None:
    found = result(run_command(sys.executable, str(SCRIPTS / "experiments.py")))
    assert found["runs"] == ["first", "second"]
    run = found["described"]
    assert run["Parameters"] == {
        "learning_rate": {"NumberValue": 0.25},
        "optimizer": {"StringValue": "adam"},
        "layers": {"NumberValue": 3.0},
        "later": {"StringValue": "yes"},
    }
    (loss,) = [metric for metric in run["Metrics"] if metric["MetricName"] == "loss"]
    assert (loss["Count"], loss["Max"], loss["Last"], loss["Min"]) == (12, 1.0, 1 / 12, 1 / 12)
    assert loss["Avg"] == pytest.approx(sum(1 / (step + 1) for step in range(12)) / 12)
    assert run["OutputArtifacts"]["notes"]["Value"].endswith("notes.txt")
    assert run["InputArtifacts"]["data"]["MediaType"] == "text/csv"
    assert run["Status"]["PrimaryStatus"] == "Completed"
    job = found["of_job"]
    assert job["TrialComponentName"] == f"{found['job']}-aws-training-job"
    assert job["Parameters"]["SageMaker.InstanceType"] == {"StringValue": "ml.m5.large"}
    assert job["Parameters"]["num_round"] == {"NumberValue": 4.0}
    assert job["InputArtifacts"]["train"]["MediaType"] == "text/csv"
    assert job["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"].endswith("/output/model.tar.gz")
    assert job["Status"]["PrimaryStatus"] == "Completed"
    (rmse,) = [metric for metric in job["Metrics"] if metric["MetricName"] == "train:rmse"]
    assert rmse["Count"] == 4
    assert rmse["Last"] == rmse["Min"] < rmse["Max"]
    assert {"loss - Min", "learning_rate", "SageMaker.InstanceType"} <= set(found["columns"])
    assert found["left"] == []
