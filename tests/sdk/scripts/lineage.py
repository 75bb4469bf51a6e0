"""Lineage as a user of the SDK v2 meets it: nodes and associations of one's own, and what a training job and a model
package leave behind. Prints one JSON line at the end."""

import json
import tempfile
from pathlib import Path

import sagemaker
from sagemaker.inputs import TrainingInput
from sagemaker.lineage.action import Action, ModelPackageApprovalAction
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context
from sagemaker.lineage.lineage_trial_component import LineageTrialComponent
from sagemaker.lineage.query import (
    LineageEntityEnum,
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
    LineageSourceEnum,
)
from sagemaker.lineage.visualizer import LineageTableVisualizer

session = sagemaker.Session()
folder = Path(tempfile.mkdtemp())
found: dict = {}


def by_hand() -> None:
    """Nodes made, linked, changed, listed, tagged and deleted."""
    data = Artifact.create(
        artifact_name="the-data",
        source_uri="s3://by-hand/data.csv",
        source_types=[{"SourceIdType": "S3ETag", "Value": "abc"}],
        artifact_type="DataSet",
        properties={"rows": "10"},
        sagemaker_session=session,
    )
    step = Action.create(
        action_name="the-step",
        source_uri="arn:step",
        action_type="Cleaning",
        status="InProgress",
        sagemaker_session=session,
    )
    context = Context.create(
        context_name="the-project", source_uri="arn:project", context_type="Project", sagemaker_session=session
    )
    for source, destination, kind in (
        (data.artifact_arn, step.action_arn, "ContributedTo"),
        (step.action_arn, context.context_arn, "AssociatedWith"),
    ):
        Association.create(
            source_arn=source, destination_arn=destination, association_type=kind, sagemaker_session=session
        )
    step.status, step.properties = "Completed", {"seconds": "3"}
    step.save()
    data.set_tag({"Key": "team", "Value": "one"})
    loaded = Action.load(action_name="the-step", sagemaker_session=session)
    found["action"] = [loaded.status, loaded.properties]
    found["artifacts"] = [
        one.artifact_name for one in Artifact.list(source_uri="s3://by-hand/data.csv", sagemaker_session=session)
    ]
    found["actions"] = [
        [one.action_name, one.status] for one in Action.list(action_type="Cleaning", sagemaker_session=session)
    ]
    found["associations"] = [
        [one.source_name, one.source_type, one.association_type, one.destination_name]
        for one in Association.list(destination_arn=step.action_arn, sagemaker_session=session)
    ]
    found["upstream"] = [one.action_name for one in context.actions(LineageQueryDirectionEnum.ASCENDANTS)]
    found["of the step"] = [
        one.artifact_arn == data.artifact_arn for one in loaded.artifacts(LineageQueryDirectionEnum.ASCENDANTS)
    ]
    for node in (data, step, context):
        node.delete(disassociate=True)
    found["left"] = len(list(Association.list(source_arn=data.artifact_arn, sagemaker_session=session)))


def by_itself() -> None:
    """A training job and a model package, seen through the graph SageMaker makes of them."""
    (folder / "train.csv").write_text("".join(f"{3 * x + 1},{x},{x % 5}\n" for x in range(50)))
    uri = session.upload_data(str(folder / "train.csv"), session.default_bucket(), "lineage")
    image = sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1")
    estimator = sagemaker.estimator.Estimator(
        image_uri=image,
        role=sagemaker.get_execution_role(),
        instance_count=1,
        instance_type="ml.m5.large",
        hyperparameters={"objective": "reg:squarederror", "num_round": 2},
        sagemaker_session=session,
    )
    estimator.fit({"train": TrainingInput(uri, content_type="text/csv")}, logs=False)
    job = estimator.latest_training_job.name
    package = estimator.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name="lineage-group",
        approval_status="Approved",
        image_uri=image,
    )

    table = LineageTableVisualizer(session)
    found["job table"] = sorted(row[1:] for row in table.show(training_job_name=job).values.tolist())
    found["package table"] = sorted(
        row[1:] for row in table.show(model_package_arn=package.model_package_arn).values.tolist()
    )

    (summary,) = Artifact.list(source_uri=estimator.model_data, sagemaker_session=session)
    model = ModelArtifact.load(artifact_arn=summary.artifact_arn, sagemaker_session=session)
    found["training jobs"] = [arn.rpartition("/")[2] == job for arn in model.training_job_arns()]
    found["datasets"] = [one.source.source_uri == uri for one in model.dataset_artifacts()]
    found["models' endpoints"] = model.endpoint_contexts()
    found["execution"] = model.pipeline_execution_arn()
    component = LineageTrialComponent.load(trial_component_name=f"{job}-aws-training-job", sagemaker_session=session)
    found["component"] = [one.source.source_uri == uri for one in component.dataset_artifacts()]

    result = LineageQuery(session).query(
        start_arns=[summary.artifact_arn],
        direction=LineageQueryDirectionEnum.DESCENDANTS,
        query_filter=LineageFilter(entities=[LineageEntityEnum.CONTEXT], sources=[LineageSourceEnum.MODEL_GROUP]),
        include_edges=True,
    )
    found["vertices"] = [[one.lineage_entity, one.lineage_source] for one in result.vertices]
    found["edges"] = sorted(edge.association_type for edge in result.edges)
    found["group"] = result.vertices[-1].to_lineage_object().source.source_uri.rpartition("/")[2]
    (approval,) = Action.list(source_uri=package.model_package_arn, sagemaker_session=session)
    action = ModelPackageApprovalAction.load(action_name=approval.action_name, sagemaker_session=session)
    found["approval"] = [action.action_type, action.status]
    dataset = DatasetArtifact.load(artifact_arn=model.dataset_artifacts()[0].artifact_arn, sagemaker_session=session)
    found["downstream"] = [one.source.source_uri for one in dataset.downstream_datasets()]


by_hand()
by_itself()
print("RESULT " + json.dumps(found))
