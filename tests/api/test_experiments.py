"""Experiments, trials and components, and what hangs together cannot be deleted."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def name(sagemaker: Any) -> str:
    made = f"experiment-{uuid.uuid4().hex[:12]}"
    sagemaker.create_experiment(ExperimentName=made)
    for trial in ("one", "two"):
        sagemaker.create_trial(TrialName=f"{made}-{trial}", ExperimentName=made)
    for part in ("a", "b"):
        sagemaker.create_trial_component(TrialComponentName=f"{made}-{part}")
    for trial, part in (("one", "a"), ("one", "b"), ("two", "b")):
        sagemaker.associate_trial_component(TrialName=f"{made}-{trial}", TrialComponentName=f"{made}-{part}")
    return made


def components(sagemaker: Any, **filters: str) -> list[str]:
    answer = sagemaker.list_trial_components(SortBy="Name", SortOrder="Ascending", MaxResults=100, **filters)
    return [item["TrialComponentName"] for item in answer["TrialComponentSummaries"]]


def test_lists_follow_the_associations(sagemaker: Any, name: str) -> None:
    assert components(sagemaker, TrialName=f"{name}-one") == [f"{name}-a", f"{name}-b"]
    assert components(sagemaker, TrialName=f"{name}-two") == [f"{name}-b"]
    assert components(sagemaker, ExperimentName=name) == [f"{name}-a", f"{name}-b"]
    trials = sagemaker.list_trials(TrialComponentName=f"{name}-a")["TrialSummaries"]
    assert [item["TrialName"] for item in trials] == [f"{name}-one"]
    assert len(sagemaker.list_trials(ExperimentName=name)["TrialSummaries"]) == 2


def test_what_belongs_to_something_stays(sagemaker: Any, name: str) -> None:
    for call, params in (
        (sagemaker.delete_experiment, {"ExperimentName": name}),
        (sagemaker.delete_trial, {"TrialName": f"{name}-two"}),
        (sagemaker.delete_trial_component, {"TrialComponentName": f"{name}-b"}),
    ):
        with pytest.raises(ClientError, match="ValidationException"):
            call(**params)
    for trial in ("one", "two"):
        sagemaker.disassociate_trial_component(TrialName=f"{name}-{trial}", TrialComponentName=f"{name}-b")
    sagemaker.delete_trial_component(TrialComponentName=f"{name}-b")
    sagemaker.delete_trial(TrialName=f"{name}-two")
    assert components(sagemaker, ExperimentName=name) == [f"{name}-a"]


def test_a_component_is_updated_by_parts(sagemaker: Any, name: str) -> None:
    part = {"TrialComponentName": f"{name}-a"}
    sagemaker.update_trial_component(**part, Parameters={"x": {"NumberValue": 1.5}, "y": {"StringValue": "z"}})
    sagemaker.update_trial_component(**part, Status={"PrimaryStatus": "Completed"}, ParametersToRemove=["y"])
    found = sagemaker.describe_trial_component(**part)
    assert found["Parameters"] == {"x": {"NumberValue": 1.5}}
    assert found["Status"]["PrimaryStatus"] == "Completed"


@pytest.mark.parametrize("missing", ["TrialName", "TrialComponentName"])
def test_both_ends_must_be_there(sagemaker: Any, name: str, missing: str) -> None:
    params = {"TrialName": f"{name}-one", "TrialComponentName": f"{name}-a"} | {missing: "no-such-thing"}
    with pytest.raises(ClientError, match="no-such-thing"):
        sagemaker.associate_trial_component(**params)


def test_a_pipeline_execution_has_a_trial_of_its_own(sagemaker: Any) -> None:
    pipeline = f"pipeline-{uuid.uuid4().hex[:12]}"
    definition = {
        "Version": "2020-12-01",
        "PipelineExperimentConfig": {
            "ExperimentName": {"Get": "Execution.PipelineName"},
            "TrialName": {"Get": "Execution.PipelineExecutionId"},
        },
        "Steps": [{"Name": "End", "Type": "Fail", "Arguments": {"ErrorMessage": "the end"}}],
    }
    role = "arn:aws:iam::123456789012:role/service-role/Role"
    sagemaker.create_pipeline(
        PipelineName=pipeline, PipelineDefinition=json.dumps(definition), RoleArn=role, ClientRequestToken="t" * 32
    )
    arn = sagemaker.start_pipeline_execution(PipelineName=pipeline, ClientRequestToken="u" * 32)["PipelineExecutionArn"]
    (trial,) = sagemaker.list_trials(ExperimentName=pipeline)["TrialSummaries"]
    assert trial["TrialName"] == arn.rpartition("/")[2]
    assert trial["TrialSource"]["SourceArn"] == arn
