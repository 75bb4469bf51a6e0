"""What the job operations say: defaults, statuses, lists, stopping and deleting. The jobs themselves are tested in
tests/jobs; here their image can be had nowhere (or their data), so each of them ends Failed by itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from bad_calls import CHANNEL, IMAGE, INPUT, INSTANCE, OUTPUT, PROCESSING, TRAINING, TRANSFORM, without
from botocore.exceptions import ClientError, WaiterError

from tests.api.calls import error, named

ROOT = "arn:aws:sagemaker:us-east-1:123456789012:"
KINDS = ("training", "processing", "transform")


@pytest.fixture(scope="module")
def sagemaker(client: Callable[..., Any]) -> Any:
    made = client("sagemaker")
    made.create_model(ModelName="of-job-tests", PrimaryContainer={"Image": IMAGE})
    return made


@pytest.fixture
def name() -> str:
    return named("job")


class Jobs:
    """The operations of one kind of job."""

    def __init__(self, sagemaker: Any, kind: str) -> None:
        self.kind = kind
        self.noun = f"{kind.capitalize()}Job"
        self._client = sagemaker

    def call(self, verb: str, name: str = "", **params: Any) -> Any:
        plural = "s" if verb == "list" else ""
        if name:
            params[f"{self.noun}Name"] = name
        return getattr(self._client, f"{verb}_{self.kind}_job{plural}")(**params)

    def create(self, name: str, **more: Any) -> str:
        base = {
            "training": without(TRAINING, "InputDataConfig"),
            "processing": without(without(PROCESSING, "ProcessingInputs"), "ProcessingOutputConfig"),
            "transform": TRANSFORM | {"ModelName": "of-job-tests"},
        }[self.kind]
        return str(self.call("create", name, **without(base, f"{self.noun}Name") | more)[f"{self.noun}Arn"])

    def status(self, name: str) -> str:
        return str(self.call("describe", name)[f"{self.noun}Status"])

    def ended(self, name: str) -> dict[str, Any]:
        for _ in range(600):
            if self.status(name) not in {"InProgress", "Stopping"}:
                break
            time.sleep(0.05)
        found: dict[str, Any] = self.call("describe", name)
        return found

    def names(self, **params: Any) -> list[str]:
        return [item[f"{self.noun}Name"] for item in self.call("list", **params)[f"{self.noun}Summaries"]]


@pytest.fixture(params=KINDS)
def jobs(request: pytest.FixtureRequest, sagemaker: Any) -> Jobs:
    return Jobs(sagemaker, request.param)


def test_a_job_is_there_as_soon_as_it_is_made(jobs: Jobs, name: str) -> None:
    arn = jobs.create(name)
    assert arn == f"{ROOT}{jobs.kind}-job/{name}"
    job = jobs.call("describe", name)
    assert job[f"{jobs.noun}Arn"] == arn
    assert job["CreationTime"]
    assert jobs.names(NameContains=name) == [name]


def test_it_ends_with_a_reason(jobs: Jobs, name: str) -> None:
    jobs.create(name)
    job = jobs.ended(name)
    assert job[f"{jobs.noun}Status"] == "Failed"
    assert (IMAGE if jobs.kind != "transform" else "No S3 objects") in job["FailureReason"]
    assert job[f"{jobs.kind.capitalize()}EndTime"] >= job["CreationTime"]


def test_names_are_unique_until_deleted(jobs: Jobs, name: str) -> None:
    arn = jobs.create(name)
    code, message = error(jobs.create, name)
    assert code == "ResourceInUse"
    assert f"with this name already exists ({arn})" in message
    jobs.ended(name)
    if jobs.kind != "transform":
        jobs.call("delete", name)
        assert error(jobs.call, "describe", name)[0] == "ValidationException"
        jobs.create(name)


def test_an_ended_job_cannot_be_stopped(jobs: Jobs, name: str) -> None:
    jobs.create(name)
    jobs.ended(name)
    expected = f"The request was rejected because the {jobs.kind} job is in status Failed."
    assert error(jobs.call, "stop", name) == ("ValidationException", expected)


def test_lists_filter_by_status(jobs: Jobs, name: str) -> None:
    names = [f"{name}-{number}" for number in range(3)]
    for one in names:
        jobs.create(one)
    for one in names:
        jobs.ended(one)
    assert jobs.names(NameContains=name, StatusEquals="Failed", SortBy="Name", SortOrder="Ascending") == names
    assert jobs.names(NameContains=name, StatusEquals="Completed") == []
    assert jobs.names(NameContains=name, MaxResults=1) == names[-1:]
    (item,) = jobs.call("list", NameContains=names[0])[f"{jobs.noun}Summaries"]
    assert item[f"{jobs.kind.capitalize()}EndTime"]


def test_boto_waits_for_the_end(jobs: Jobs, name: str, sagemaker: Any) -> None:
    jobs.create(name)
    waiter = sagemaker.get_waiter(f"{jobs.kind}_job_completed_or_stopped")
    with pytest.raises(WaiterError, match="Failed"):
        waiter.wait(**{f"{jobs.noun}Name": name})


def test_the_waiter_of_a_job_that_is_not_there(jobs: Jobs, sagemaker: Any) -> None:
    waiter = sagemaker.get_waiter(f"{jobs.kind}_job_completed_or_stopped")
    with pytest.raises(WaiterError, match="ValidationException"):
        waiter.wait(**{f"{jobs.noun}Name": "no-such-job"})


def test_tags_and_experiment_of_a_job(jobs: Jobs, name: str, sagemaker: Any) -> None:
    experiment = {"ExperimentName": f"experiment-of-{name}", "TrialName": f"trial-of-{name}"}
    with pytest.raises(ClientError, match="does not exist"):
        jobs.create(name, ExperimentConfig=experiment)
    sagemaker.create_experiment(ExperimentName=experiment["ExperimentName"])
    sagemaker.create_trial(**experiment)
    arn = jobs.create(name, Tags=[{"Key": "team", "Value": "one"}], ExperimentConfig=experiment)
    assert jobs.call("describe", name)["ExperimentConfig"] == experiment
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "one"}]
    (component,) = sagemaker.list_trial_components(TrialName=experiment["TrialName"])["TrialComponentSummaries"]
    assert component["TrialComponentSource"]["SourceArn"] == arn
    by_source = sagemaker.list_trial_components(SourceArn=arn.lower())["TrialComponentSummaries"]
    assert [found["TrialComponentName"] for found in by_source] == [component["TrialComponentName"]]


def test_what_a_training_job_says_by_default(sagemaker: Any, name: str) -> None:
    jobs = Jobs(sagemaker, "training")
    jobs.call("create", name, **without(without(TRAINING, "TrainingJobName"), "StoppingCondition"))
    job = jobs.call("describe", name)
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["OutputDataConfig"] == {"S3OutputPath": "s3://bucket/output", "KmsKeyId": "", "CompressionType": "GZIP"}
    assert job["ResourceConfig"] == INSTANCE
    assert not job["EnableNetworkIsolation"]
    assert not job["EnableManagedSpotTraining"]
    (channel,) = job["InputDataConfig"]
    assert (channel["CompressionType"], channel["RecordWrapperType"]) == ("None", "None")
    source = CHANNEL["DataSource"]["S3DataSource"] | {"S3DataDistributionType": "FullyReplicated"}  # type: ignore[index]
    assert channel["DataSource"]["S3DataSource"] == source


def test_xgboost_comes_with_metrics_unless_the_caller_has_some(sagemaker: Any) -> None:
    image = "123456789012.dkr.ecr.eu-west-3.amazonaws.com/sagemaker-xgboost:no-such-tag"
    own = [{"Name": "loss", "Regex": "loss=(.*)"}]
    for definitions in ([], own):
        name = named("job")
        algorithm = {"TrainingImage": image, "TrainingInputMode": "File", "MetricDefinitions": definitions}
        sagemaker.create_training_job(**TRAINING | {"TrainingJobName": name, "AlgorithmSpecification": algorithm})
        found = sagemaker.describe_training_job(TrainingJobName=name)["AlgorithmSpecification"]["MetricDefinitions"]
        assert definitions in ([], found)
        if not definitions:
            regexes = {definition["Name"]: definition["Regex"] for definition in found}
            value = re.search(regexes["validation:rmse"], "[12]#011train-rmse:1.5#011validation-rmse:2.5e-1")
            assert value
            assert value.group(1) == "2.5e-1"


def test_a_training_jobs_way_is_in_its_transitions(sagemaker: Any, name: str) -> None:
    jobs = Jobs(sagemaker, "training")
    jobs.create(name)
    job = jobs.ended(name)
    steps = job["SecondaryStatusTransitions"]
    assert (steps[0]["Status"], steps[-1]["Status"]) == ("Starting", "Failed")
    assert job["SecondaryStatus"] == "Failed"
    assert all(step["StatusMessage"] and step["StartTime"] and step["EndTime"] for step in steps)
    assert "ModelArtifacts" not in job


def test_what_a_processing_job_says_by_default(sagemaker: Any, name: str) -> None:
    jobs = Jobs(sagemaker, "processing")
    jobs.create(name, ProcessingInputs=[INPUT], ProcessingOutputConfig={"Outputs": [OUTPUT]})
    job = jobs.call("describe", name)
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["ProcessingResources"] == PROCESSING["ProcessingResources"]
    (given,) = job["ProcessingInputs"]
    assert not given["AppManaged"]
    assert given["S3Input"] == INPUT["S3Input"] | {  # type: ignore[operator]
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    assert job["ProcessingOutputConfig"]["Outputs"] == [OUTPUT | {"AppManaged": False}]


def test_what_a_transform_job_says_by_default(sagemaker: Any, name: str) -> None:
    jobs = Jobs(sagemaker, "transform")
    jobs.create(name)
    job = jobs.call("describe", name)
    assert job["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert (job["TransformInput"]["SplitType"], job["TransformInput"]["CompressionType"]) == ("None", "None")
    assert job["TransformOutput"]["AssembleWith"] == "None"
    assert job["TransformResources"] == TRANSFORM["TransformResources"]


def test_an_update_keeps_the_rest_of_the_cluster(sagemaker: Any, name: str) -> None:
    Jobs(sagemaker, "training").create(name)
    sagemaker.update_training_job(TrainingJobName=name, ResourceConfig={"KeepAlivePeriodInSeconds": 60})
    job = sagemaker.describe_training_job(TrainingJobName=name)
    assert job["ResourceConfig"] == INSTANCE | {"KeepAlivePeriodInSeconds": 60}


def test_search_finds_training_jobs(sagemaker: Any, name: str) -> None:
    Jobs(sagemaker, "training").create(name, HyperParameters={"eta": "0.5"})
    filters = [
        {"Name": "TrainingJobName", "Operator": "Contains", "Value": name},
        {"Name": "HyperParameters.eta", "Operator": "GreaterThan", "Value": "0.4"},
    ]
    answer = sagemaker.search(Resource="TrainingJob", SearchExpression={"Filters": filters})
    assert [result["TrainingJob"]["TrainingJobName"] for result in answer["Results"]] == [name]
