"""What Create needs for jobs that are kept as records only (a part of resource_needs.py)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

Call = Callable[..., Any]
Members = dict[str, Any]

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
CONTAINER = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}


def a_compilation_job(call: Call, name: str) -> Members:
    return {
        "InputConfig": {"S3Uri": "s3://bucket/model.tar.gz", "Framework": "XGBOOST"},
        "OutputConfig": {"S3OutputLocation": "s3://bucket/compiled", "TargetDevice": "ml_m5"},
    }


def an_optimization_job(call: Call, name: str) -> Members:
    return {
        "ModelSource": {"S3": {"S3Uri": "s3://bucket/model"}},
        "OptimizationConfigs": [{"ModelQuantizationConfig": {"Image": CONTAINER["Image"]}}],
    }


def a_recommendations_job(call: Call, name: str) -> Members:
    call("CreateModel", ModelName=name, PrimaryContainer=CONTAINER, ExecutionRoleArn=ROLE)
    return {"InputConfig": {"ModelName": name}}


def a_workload(call: Call, name: str) -> Members:
    call("CreateAIWorkloadConfig", AIWorkloadConfigName=name)
    return {"AIWorkloadConfigIdentifier": name}


def a_packaging_job(call: Call, name: str) -> Members:
    compilation = a_compilation_job(call, name)
    condition = {"MaxRuntimeInSeconds": 60}
    call("CreateCompilationJob", CompilationJobName=name, RoleArn=ROLE, StoppingCondition=condition, **compilation)
    return {"CompilationJobName": name}


def a_training_session(call: Call, name: str) -> Members:
    return {
        "ModelConfig": {"BaseModelArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/m/1.0.0"}
    }


def a_job(call: Call, name: str) -> Members:
    return {"JobConfigSchemaVersion": "1.0.0"}


def a_plan(call: Call, name: str) -> Members:
    packaging = a_packaging_job(call, name)
    more = {"ModelName": "m", "ModelVersion": "1", "RoleArn": ROLE, "OutputConfig": {"S3OutputLocation": "s3://b/p"}}
    call("CreateEdgePackagingJob", EdgePackagingJobName=name, **packaging, **more)
    call("CreateDeviceFleet", DeviceFleetName=name, OutputConfig={"S3OutputLocation": "s3://bucket/fleet"})
    return {"ModelConfigs": [{"ModelHandle": "m", "EdgePackagingJobName": name}], "DeviceFleetName": name}


def a_workforce(call: Call, name: str) -> Members:
    """There is one per region: make room."""
    for team in call("ListWorkteams", MaxResults=100)["Workteams"]:
        call("DeleteWorkteam", WorkteamName=team["WorkteamName"])
    while present := call("ListWorkforces", MaxResults=100)["Workforces"]:
        if present[0]["Status"] == "Active":
            call("DeleteWorkforce", WorkforceName=present[0]["WorkforceName"])
        time.sleep(0.05)
    return {"CognitoConfig": {"UserPool": "us-east-1_abcdefghi", "ClientId": "client"}}


def a_team(call: Call, name: str) -> Members:
    member = {"CognitoMemberDefinition": {"UserPool": "us-east-1_abcdefghi", "UserGroup": "g", "ClientId": "c"}}
    return {"MemberDefinitions": [member]}


def a_labeling_job(call: Call, name: str) -> Members:
    team = call("CreateWorkteam", WorkteamName=name, Description="team", **a_team(call, name))["WorkteamArn"]
    task = {
        "WorkteamArn": team,
        "UiConfig": {"UiTemplateS3Uri": "s3://bucket/template.html"},
        "TaskTitle": "title",
        "TaskDescription": "description",
        "NumberOfHumanWorkersPerDataObject": 1,
        "TaskTimeLimitInSeconds": 60,
    }
    source = {"S3DataSource": {"ManifestS3Uri": "s3://bucket/input.manifest"}}
    return {"HumanTaskConfig": task, "InputConfig": {"DataSource": source}}


def a_schedule(call: Call, name: str) -> Members:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    output = {"S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/output"}}
    definition = {
        "MonitoringInputs": [{"EndpointInput": {"EndpointName": name, "LocalPath": "/opt/ml/processing/input"}}],
        "MonitoringOutputConfig": {"MonitoringOutputs": [output]},
        "MonitoringResources": {"ClusterConfig": cluster},
        "MonitoringAppSpecification": {"ImageUri": CONTAINER["Image"]},
        "RoleArn": ROLE,
    }
    return {"MonitoringScheduleConfig": {"MonitoringJobDefinition": definition}}


def a_card(call: Call, name: str) -> Members:
    return {"Content": "{}"}


def a_governed_cluster(call: Call, name: str) -> Members:
    return {"ClusterArn": call("CreateCluster", ClusterName=name)["ClusterArn"]}


def an_offer(call: Call, name: str) -> Members:
    wanted = {"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1, "DurationHours": 24, "StartTimeAfter": 4e9}
    (offer,) = call("SearchTrainingPlanOfferings", **wanted)["TrainingPlanOfferings"]
    return {"TrainingPlanOfferingId": offer["TrainingPlanOfferingId"]}


NEEDS: dict[str, Callable[[Call, str], Members]] = {
    "AIBenchmarkJob": a_workload,
    "AIRecommendationJob": a_workload,
    "EdgeDeploymentPlan": a_plan,
    "ClusterSchedulerConfig": a_governed_cluster,
    "ComputeQuota": a_governed_cluster,
    "LabelingJob": a_labeling_job,
    "TrainingPlan": an_offer,
    "ModelCard": a_card,
    "MonitoringSchedule": a_schedule,
    "Workforce": a_workforce,
    "Workteam": a_team,
    "CompilationJob": a_compilation_job,
    "EdgePackagingJob": a_packaging_job,
    "InferenceRecommendationsJob": a_recommendations_job,
    "Job": a_job,
    "OptimizationJob": an_optimization_job,
    "TrainingSession": a_training_session,
}

NO_UPDATE: dict[str, Collection[str]] = {
    "MonitoringSchedule": a_schedule(print, "name"),
    "Workforce": ["OidcConfig"],
}
