"""What single members of Create go with: the members of the call that has them, what they refer to made first.

``PARTNERS[noun, member](call, name)`` gives the members, which may say what the member itself is to be; a ``None`` is
of a member that may not be given beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import resource_inputs as inputs
from resource_needs_work import ROLE, a_compilation_job, a_schedule

Call = Callable[..., Any]
Members = dict[str, Any]
CONTAINER = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"}


def always(**members: Any) -> Callable[[Call, str], Members]:
    """Members that need nothing to be made."""
    return lambda call, name: members


def a_team(call: Call, name: str) -> str:
    member = {"CognitoMemberDefinition": {"UserPool": "us-east-1_abcdefghi", "UserGroup": "g", "ClientId": "c"}}
    return str(call("CreateWorkteam", WorkteamName=name, Description="d", MemberDefinitions=[member])["WorkteamArn"])


def a_review(call: Call, name: str) -> Members:
    ui = call("CreateHumanTaskUi", HumanTaskUiName=name, UiTemplate={"Content": "<p></p>"})["HumanTaskUiArn"]
    loop = {"WorkteamArn": a_team(call, name), "HumanTaskUiArn": ui, "TaskTitle": "title", "TaskCount": 1}
    return {
        "HumanLoopConfig": loop | {"TaskDescription": "text", "TaskKeywords": ["word"], "TaskTimeLimitInSeconds": 60}
    }


def shadows(call: Call, name: str) -> Members:
    variant = {"VariantName": "two", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return {"ShadowProductionVariants": [variant]}


def a_lifecycle(call: Call, name: str) -> Members:
    call("CreateNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName=name)
    return {"LifecycleConfigName": name}


def a_repository(call: Call, name: str) -> str:
    call("CreateCodeRepository", CodeRepositoryName=name, GitConfig={"RepositoryUrl": "https://example.com/code.git"})
    return name


def an_owner(call: Call, name: str) -> Members:
    domain = call("ListDomains", MaxResults=100)["Domains"][0]["DomainId"]
    call("CreateUserProfile", DomainId=domain, UserProfileName=name)
    owned = {"OwnershipSettings": {"OwnerUserProfileName": name}, "SpaceSharingSettings": {"SharingType": "Private"}}
    return {"DomainId": domain, **owned}


def a_package(call: Call, name: str) -> Members:
    call("CreateModelPackageGroup", ModelPackageGroupName=name)
    package = call("CreateModelPackage", ModelPackageGroupName=name)["ModelPackageArn"]
    return {"ModelPackageVersionArn": package, **a_compilation_job(call, name), "InputConfig": None}


def a_group(call: Call, name: str) -> str:
    return str(call("CreateModelPackageGroup", ModelPackageGroupName=name)["ModelPackageGroupArn"])


GROUP = {"InstanceGroupName": "one", "InstanceCount": 1, "ExecutionRole": ROLE}
DOORS = ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint", "LogoutEndpoint", "JwksUri")
OIDC = dict.fromkeys(DOORS, "https://example.com/oidc")
PROVISIONED = {
    "ThroughputMode": "Provisioned",
    "ProvisionedReadCapacityUnits": 2,
    "ProvisionedWriteCapacityUnits": 3,
}
OFFLINE = {
    "S3StorageConfig": {"S3Uri": "s3://bucket/offline", "KmsKeyId": "key"},
    "DataCatalogConfig": {"TableName": "table", "Catalog": "AwsDataCatalog", "Database": "database"},
    "DisableGlueTableCreation": False,
    "TableFormat": "Glue",
}
CONTAINERS = [
    CONTAINER | {"ContainerHostname": "first", "ModelDataUrl": "s3://bucket/model.tar.gz", "Environment": {"a": "b"}},
    CONTAINER | {"ContainerHostname": "second"},
]
OBJECTIVE = {"ProblemType": "BinaryClassification", "AutoMLJobObjective": {"MetricName": "Accuracy"}}


def an_experiment(call: Call, name: str) -> Members:
    call("CreateExperiment", ExperimentName=name)
    call("CreateTrial", TrialName=name, ExperimentName=name)
    names = {"ExperimentName": name, "TrialName": name, "TrialComponentDisplayName": "display"}
    return {"ExperimentConfig": names}


DATA = {
    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train", "S3DataDistributionType": "ShardedByS3Key"}
}
CHANNEL = {"ChannelName": "train", "DataSource": DATA, "ContentType": "text/csv", "CompressionType": "Gzip"}
CHANNEL |= {"RecordWrapperType": "RecordIO", "InputMode": "Pipe", "ShuffleConfig": {"Seed": 1}}
S3 = {"S3Uri": "s3://bucket/in", "LocalPath": "/opt/ml/processing/in", "S3DataType": "ManifestFile"}
S3 |= {"S3InputMode": "Pipe", "S3DataDistributionType": "ShardedByS3Key", "S3CompressionType": "Gzip"}
OUTPUT = {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "Continuous"}
SPOT = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120}

PARTNERS: dict[tuple[str, str], Callable[[Call, str], Members]] = {
    **{(job, "ExperimentConfig"): an_experiment for job in ("TrainingJob", "ProcessingJob", "TransformJob")},
    ("TrainingJob", "EnableManagedSpotTraining"): always(StoppingCondition=SPOT),
    ("TrainingJob", "InputDataConfig"): always(InputDataConfig=[CHANNEL]),
    ("ProcessingJob", "ProcessingInputs"): always(
        ProcessingInputs=[{"InputName": "in", "AppManaged": False, "S3Input": S3}]
    ),
    ("ProcessingJob", "ProcessingOutputConfig"): always(
        ProcessingOutputConfig={"KmsKeyId": "key", "Outputs": [{"OutputName": "out", "S3Output": OUTPUT}]}
    ),
    ("HubContent", "HubContentVersion"): always(HubContentVersion="1.2.0"),
    ("ModelPackage", "ModelPackageName"): always(ModelPackageGroupName=None),
    ("FeatureGroup", "ThroughputConfig"): always(ThroughputConfig=PROVISIONED),
    ("FeatureGroup", "OfflineStoreConfig"): always(RoleArn=ROLE, OfflineStoreConfig=OFFLINE),
    ("Cluster", "InstanceGroups"): always(
        InstanceGroups=[GROUP | {"InstanceRequirements": {"InstanceTypes": ["ml.g5.xlarge", "ml.g5.2xlarge"]}}]
    ),
    ("Workforce", "OidcConfig"): always(CognitoConfig=None, OidcConfig={"ClientId": "c", "ClientSecret": "s", **OIDC}),
    ("FlowDefinition", "HumanLoopConfig"): a_review,
    ("Model", "Containers"): always(PrimaryContainer=None, Containers=CONTAINERS),
    ("EndpointConfig", "ShadowProductionVariants"): shadows,
    ("NotebookInstance", "LifecycleConfigName"): a_lifecycle,
    ("NotebookInstance", "DefaultCodeRepository"): lambda call, name: {
        "DefaultCodeRepository": a_repository(call, name)
    },
    ("NotebookInstance", "AdditionalCodeRepositories"): lambda call, name: {
        "AdditionalCodeRepositories": [a_repository(call, name)]
    },
    ("Space", "OwnershipSettings"): an_owner,
    ("Space", "SpaceSharingSettings"): an_owner,
    ("CompilationJob", "ModelPackageVersionArn"): a_package,
    ("AutoMLJob", "ProblemType"): always(**OBJECTIVE),
    ("AutoMLJob", "AutoMLJobObjective"): always(**OBJECTIVE),
    ("AIRecommendationJob", "OutputConfig"): lambda call, name: {
        "OutputConfig": {"S3OutputLocation": "s3://bucket/out", "ModelPackageGroupIdentifier": a_group(call, name)}
    },
    ("TrainingSession", "ModelPackageGroupArn"): lambda call, name: {"ModelPackageGroupArn": a_group(call, name)},
}


def create_params(call: Call, noun: str, member: str, need: Members, shape: Any, name: str) -> Members:
    """The members of a Create that has the member, beside the required ones."""
    partner = PARTNERS.get((noun, member), always())(call, name)
    given = {member: inputs.rich(shape), **need, **partner}
    return {key: value for key, value in given.items() if value is not None}


JOB = a_schedule(print, "other")
STEP = {"Name": "Other", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
DEFINITION = json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": [STEP]})
UPDATES: dict[tuple[str, str], Callable[[Call, str], Members]] = {
    ("Pipeline", "PipelineDefinition"): always(PipelineDefinition=DEFINITION),
    ("ModelCard", "Content"): always(Content='{"model_overview": {"model_name": "other"}}'),
    ("MonitoringSchedule", "MonitoringScheduleConfig"): always(**JOB),
}


def update_params(call: Call, noun: str, member: str, shape: Any, name: str) -> Members:
    """The members of an Update that has the member, beside those that say what is updated."""
    found = UPDATES.get((noun, member)) or PARTNERS.get((noun, member)) or always()
    given = {member: inputs.rich(shape, other=True), **found(call, name)}
    return {key: value for key, value in given.items() if value is not None}
