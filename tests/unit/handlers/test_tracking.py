"""What jobs and model packages leave behind by themselves, written with the very change that begins or ends them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.arns import Scope
from emulator.jobs import kinds
from emulator.store import Exists, Query, Store, watching
from handlers.sagemaker.lineage.entities import type_of
from handlers.sagemaker.tracking import endpoints, jobs, model_packages

SCOPE = Scope()
ROOT = "arn:aws:sagemaker:us-east-1:123456789012:"
TRAINING = {
    "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
    "InputDataConfig": [
        {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": f"s3://bucket/{name}"}}} for name in ("a", "b")
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
}
PROCESSING = {
    "AppSpecification": {"ImageUri": "image:1"},
    "ProcessingInputs": [{"InputName": "in", "S3Input": {"S3Uri": "s3://bucket/raw"}}],
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": "s3://bucket/a"}}]},
}
TRANSFORM = {
    "ModelName": "model",
    "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/batch"}}},
    "TransformOutput": {"S3OutputPath": "s3://bucket/predictions"},
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    assert jobs.follow
    assert model_packages.follow
    assert endpoints.follow
    kinds.load()
    made = Store(tmp_path / "state.db")
    watching.attach(made, SimpleNamespace(store=made))
    yield made
    made.close()


def start(store: Store, kind: str, name: str, members: dict[str, Any]) -> None:
    record = {f"{kind}Name": name, f"{kind}Arn": f"{ROOT}{kind}/{name}", f"{kind}Status": "InProgress", **members}
    store.records.insert(SCOPE, kind, name, record, arn=record[f"{kind}Arn"], status="InProgress")


def end(store: Store, kind: str, name: str, status: str = "Completed", **members: Any) -> None:
    store.records.update(SCOPE, kind, name, {f"{kind}Status": status, **members}, status=status)


def end_and_fail(store: Store) -> None:
    with store.transaction():
        end(store, "TrainingJob", "job")
        start(store, "TrainingJob", "job", TRAINING)


def component(store: Store, name: str) -> dict[str, Any]:
    found = store.records.get(SCOPE, "TrialComponent", name)
    assert found
    return found


def around(store: Store, arn: str) -> list[tuple[str, str, str]]:
    """(what was linked, its type, how), those before the node first."""
    before = [(edge.source, edge.source_type, edge.type) for edge in store.associations.around([arn], "destination")]
    after = [
        (edge.destination, edge.destination_type, edge.type) for edge in store.associations.around([arn], "source")
    ]
    return [(source_of(store, arn), kind, how) for arn, kind, how in before + after]


def source_of(store: Store, arn: str) -> str:
    stored = store.records.by_arn(arn)
    assert stored
    return str(stored.record["Source"].get("SourceUri", stored.record["Source"].get("SourceArn")))


def names(store: Store, kind: str) -> list[str]:
    return [stored.name for stored in store.records.each(SCOPE, kind, Query(sort="name", descending=False))]


def test_a_component_follows_its_job(store: Store) -> None:
    start(store, "TrainingJob", "job", TRAINING)
    made = component(store, "job-aws-training-job")
    assert made["Source"] == {"SourceArn": f"{ROOT}TrainingJob/job", "SourceType": "SageMakerTrainingJob"}
    assert made["Status"]["PrimaryStatus"] == "InProgress"
    assert "StartTime" not in made
    store.records.update(SCOPE, "TrainingJob", "job", {"TrainingStartTime": 5.0})
    assert component(store, "job-aws-training-job")["StartTime"] == 5.0
    end(store, "TrainingJob", "job", "Failed", TrainingEndTime=9.0, FailureReason="it broke")
    ended = component(store, "job-aws-training-job")
    assert (ended["EndTime"], ended["Status"]["PrimaryStatus"]) == (9.0, "Failed")
    assert "it broke" in ended["Status"]["Message"]


def test_a_training_job_is_linked_to_what_it_took_and_made(store: Store) -> None:
    start(store, "TrainingJob", "job", TRAINING)
    arn = component(store, "job-aws-training-job")["TrialComponentArn"]
    assert around(store, arn) == []
    end(store, "TrainingJob", "job", ModelArtifacts={"S3ModelArtifacts": "s3://bucket/out/job/output/model.tar.gz"})
    assert around(store, arn) == [
        ("image:1", "Image", "ContributedTo"),
        ("s3://bucket/a", "DataSet", "ContributedTo"),
        ("s3://bucket/b", "DataSet", "ContributedTo"),
        ("s3://bucket/out/job/output/model.tar.gz", "Model", "Produced"),
    ]


def test_a_chain_of_jobs_is_one_graph(store: Store) -> None:
    model = "s3://bucket/model.tar.gz"
    for kind, name, members, ending in (
        ("ProcessingJob", "one", PROCESSING, {}),
        ("TrainingJob", "two", TRAINING, {"ModelArtifacts": {"S3ModelArtifacts": model}}),
        ("TransformJob", "three", TRANSFORM, {}),
    ):
        start(store, kind, name, members)
        if kind == "TransformJob":
            primary = {"Image": "image:2", "ModelDataUrl": model}
            store.records.insert(SCOPE, "Model", "model", {"PrimaryContainer": primary})
        end(store, kind, name, **ending)
    assert len(names(store, "Artifact")) == 8
    last = component(store, "three-aws-transform-job")["TrialComponentArn"]
    assert around(store, last) == [
        ("s3://bucket/batch", "DataSet", "ContributedTo"),
        ("image:2", "Image", "ContributedTo"),
        (model, "Model", "ContributedTo"),
        ("s3://bucket/predictions", "DataSet", "Produced"),
    ]
    first = component(store, "one-aws-processing-job")["TrialComponentArn"]
    assert around(store, first)[-1] == ("s3://bucket/a", "DataSet", "Produced")


def test_what_failed_made_nothing(store: Store) -> None:
    start(store, "ProcessingJob", "job", PROCESSING)
    end(store, "ProcessingJob", "job", "Failed")
    arn = component(store, "job-aws-processing-job")["TrialComponentArn"]
    assert [how for _, _, how in around(store, arn)] == ["ContributedTo", "ContributedTo"]


def test_it_is_undone_with_the_change_and_done_once(store: Store) -> None:
    start(store, "TrainingJob", "job", TRAINING)
    with pytest.raises(Exists):
        end_and_fail(store)
    assert names(store, "Artifact") == []
    end(store, "TrainingJob", "job")
    end(store, "TrainingJob", "job", "InProgress")
    end(store, "TrainingJob", "job")
    assert len(names(store, "Artifact")) == 3


def test_what_goes_wrong_in_it_does_not_keep_a_job_from_its_end(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    start(store, "TransformJob", "job", {"ModelName": "model"})  # without its input and output
    end(store, "TransformJob", "job")
    record = store.records.get(SCOPE, "TransformJob", "job")
    assert record
    assert record["TransformJobStatus"] == "Completed"
    assert "what follows from its change is not recorded" in caplog.text
    assert names(store, "Artifact") == []


def test_a_model_package_has_an_artifact_a_context_and_an_action_for_each_approval(store: Store) -> None:
    arn = f"{ROOT}model-package/group/1"
    record = {
        "ModelPackageArn": arn,
        "ModelPackageGroupName": "group",
        "ModelPackageVersion": 1,
        "ModelApprovalStatus": "PendingManualApproval",
        "CreationTime": 1.0,
        "InferenceSpecification": {"Containers": [{"Image": "image:2", "ModelDataUrl": "s3://bucket/model.tar.gz"}]},
        "MetadataProperties": {"GeneratedBy": f"{ROOT}pipeline/p/execution/abc"},
    }
    store.records.insert(SCOPE, "ModelPackage", "group/1", record, arn=arn)
    store.records.update(SCOPE, "ModelPackage", "group/1", {"ModelApprovalStatus": "Approved"})
    store.records.update(SCOPE, "ModelPackage", "group/1", {"ApprovalDescription": "again"})
    (context,) = names(store, "Context")
    assert context == "group-aws-model-group"
    first, second = names(store, "Action")
    assert first.startswith("group-1-Approved-")
    assert second.startswith("group-1-PendingManualApproval-")
    (package,) = store.records.each(SCOPE, "Artifact", Query(source=arn))
    assert type_of(package) == "ModelPackage"
    assert around(store, package.arn) == [
        ("image:2", "Image", "ContributedTo"),
        ("s3://bucket/model.tar.gz", "Model", "ContributedTo"),
        (arn, "Approval", "ContributedTo"),
        (arn, "Approval", "ContributedTo"),
        (f"{ROOT}model-package-group/group", "ModelGroup", "AssociatedWith"),
    ]
    found = store.records.get(SCOPE, "Context", context)
    assert found
    assert found["Properties"] == {"PipelineExecutionArn": f"{ROOT}pipeline/p/execution/abc"}


def test_links_of_a_reused_artifact_keep_its_first_type(store: Store) -> None:
    start(store, "TrainingJob", "one", TRAINING)
    end(store, "TrainingJob", "one", ModelArtifacts={"S3ModelArtifacts": "s3://bucket/raw"})
    start(store, "ProcessingJob", "two", PROCESSING)
    end(store, "ProcessingJob", "two")
    arn = component(store, "two-aws-processing-job")["TrialComponentArn"]
    assert ("s3://bucket/raw", "Model", "ContributedTo") in around(store, arn)


def test_an_endpoint_is_linked_to_what_it_serves_once_per_configuration(store: Store) -> None:
    primary = {"Image": "image:2", "ModelDataUrl": "s3://bucket/model.tar.gz"}
    store.records.insert(SCOPE, "Model", "model", {"PrimaryContainer": primary})
    for config in ("one", "two"):
        store.records.insert(SCOPE, "EndpointConfig", config, {"ProductionVariants": [{"ModelName": "model"}]})
    start(store, "Endpoint", "end", {"EndpointStatus": "Creating", "EndpointConfigName": "one", "CreationTime": 1.0})
    assert names(store, "Context") == []
    for status in ("InService", "Updating", "InService"):
        end(store, "Endpoint", "end", status)
    (action,) = store.records.each(SCOPE, "Action", Query())
    assert around(store, action.arn) == [
        ("image:2", "Image", "ContributedTo"),
        ("s3://bucket/model.tar.gz", "Model", "ContributedTo"),
        (f"{ROOT}Endpoint/end", "Endpoint", "AssociatedWith"),
    ]
    end(store, "Endpoint", "end", "Updating")
    end(store, "Endpoint", "end", "InService", EndpointConfigName="two")
    assert len(names(store, "Context")) == 1
    assert len(names(store, "Action")) == 2
    assert {edge.source_type for edge in store.associations.around([action.arn], "source")} == {"ModelDeployment"}
