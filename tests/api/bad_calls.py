"""The bad calls: what is sent, and the code and the words that must come back. Run by test_bad_calls.py.

``Bad(operation, params, code, *parts)``; the world they are made in has a model, a model package group with version 1,
an experiment with a trial, an endpoint configuration, an ended training job and a pipeline, each named ``HERE``.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

HERE = "already-here"
NEW = "never-made"
GONE = "no-such-thing"
ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
IMAGE = "123456789012.dkr.ecr.eu-west-3.amazonaws.com/no-such-image-anywhere:1"
INVALID = "ValidationException"
TYPE = "SerializationException"
ROOT = "arn:aws:sagemaker:eu-west-3:123456789012:"

Params = dict[str, Any]

CONTAINER = {"Image": IMAGE}
INSTANCE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
S3_SOURCE = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/data"}
CHANNEL = {"ChannelName": "train", "DataSource": {"S3DataSource": S3_SOURCE}}
TRAINING: Params = {
    "TrainingJobName": NEW,
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
    "ResourceConfig": INSTANCE,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "InputDataConfig": [CHANNEL],
}
INPUT = {
    "InputName": "data",
    "S3Input": {"S3Uri": "s3://bucket/in", "S3DataType": "S3Prefix", "LocalPath": "/opt/ml/processing/in"},
}
OUTPUT = {
    "OutputName": "out",
    "S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"},
}
PROCESSING: Params = {
    "ProcessingJobName": NEW,
    "AppSpecification": {"ImageUri": IMAGE},
    "RoleArn": ROLE,
    "ProcessingResources": {"ClusterConfig": INSTANCE},
    "ProcessingInputs": [INPUT],
    "ProcessingOutputConfig": {"Outputs": [OUTPUT]},
}
TRANSFORM: Params = {
    "TransformJobName": NEW,
    "ModelName": HERE,
    "TransformInput": {"DataSource": {"S3DataSource": S3_SOURCE}},
    "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
}
VARIANT = {"VariantName": "one", "ModelName": HERE, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
STEP = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "stop"}}
DEFINITION: Params = {
    "Version": "2020-12-01",
    "Metadata": {},
    "Parameters": [
        {"Name": "Count", "Type": "Integer"},
        {"Name": "Color", "Type": "String", "DefaultValue": "red", "EnumValues": ["red", "blue"]},
    ],
    "Steps": [STEP],
}


@dataclass(frozen=True)
class Bad:
    """One bad call; ``label`` tells calls of one operation apart in the test's name."""

    operation: str
    label: str
    params: Params
    code: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operation}-{self.label}"


def without(params: Params, member: str) -> Params:
    return {name: value for name, value in params.items() if name != member}


def put(params: Params, path: str, value: Any) -> Params:
    """A copy with the value at a dotted path (numbers index lists) replaced or added."""
    copy = deepcopy(params)
    place: Any = copy
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        place = place[part]
    place[last] = value
    return copy


def training(label: str, path: str, value: Any, *parts: str, code: str = INVALID) -> Bad:
    return Bad("CreateTrainingJob", label, put(TRAINING, path, value), code, parts)


def processing(label: str, path: str, value: Any, *parts: str, code: str = INVALID) -> Bad:
    return Bad("CreateProcessingJob", label, put(PROCESSING, path, value), code, parts)


def transform(label: str, path: str, value: Any, *parts: str, code: str = INVALID) -> Bad:
    return Bad("CreateTransformJob", label, put(TRANSFORM, path, value), code, parts)


def bad(operation: str, label: str, params: Params, *parts: str, code: str = INVALID) -> Bad:
    return Bad(operation, label, params, code, parts)


NULL = "failed to satisfy constraint: Member must not be null"
REGEX = "failed to satisfy constraint: Member must satisfy regular expression pattern"
ENUM = "failed to satisfy constraint: Member must satisfy enum value set"

TRAINING_JOBS = [
    *(
        bad("CreateTrainingJob", f"no-{member}", without(TRAINING, member), f"'{member[0].lower()}{member[1:]}'", NULL)
        for member in ("TrainingJobName", "RoleArn", "OutputDataConfig", "AlgorithmSpecification", "ResourceConfig")
    ),
    training("role", "RoleArn", "not-a-role", "2 validation errors detected", "'not-a-role' at 'roleArn'", REGEX),
    training("name", "TrainingJobName", "under_score", "'under_score' at 'trainingJobName'", REGEX),
    training("long-name", "TrainingJobName", "x" * 64, "'trainingJobName'", "length less than or equal to 63"),
    training("empty-name", "TrainingJobName", "", "'trainingJobName'", "length greater than or equal to 1"),
    training("number-as-name", "TrainingJobName", 5, "NUMBER_VALUE can not be converted to a String", code=TYPE),
    training("mode", "AlgorithmSpecification.TrainingInputMode", "Files", "algorithmSpecification.training", ENUM),
    training("instance", "ResourceConfig.InstanceType", "ml.none", "'resourceConfig.instanceType'", ENUM),
    training("volume", "ResourceConfig.VolumeSizeInGB", -1, "'resourceConfig.volumeSizeInGB'", "greater than or equal"),
    training("text-as-count", "ResourceConfig.InstanceCount", "1", "can not be converted to an Integer", code=TYPE),
    training("runtime", "StoppingCondition.MaxRuntimeInSeconds", 0, "'stoppingCondition.maxRuntime", "equal to 1"),
    training("twice-a-channel", "InputDataConfig", [CHANNEL, CHANNEL], "Channel names", "train"),
    training("no-source", "InputDataConfig.0", {"ChannelName": "a"}, "'inputDataConfig.1.member.dataSource'", NULL),
    training("source", "InputDataConfig.0.DataSource", {}, "S3DataSource", "channel train"),
    training("data-type", "InputDataConfig.0.DataSource.S3DataSource.S3DataType", "Folder", "s3DataType", ENUM),
    training("uri", "InputDataConfig.0.DataSource.S3DataSource.S3Uri", "bucket/key", "s3Uri", REGEX),
    training("https", "InputDataConfig.0.DataSource.S3DataSource.S3Uri", "https://b/k", "https://b/k", "s3://bucket"),
    training("both-algorithms", "AlgorithmSpecification.AlgorithmName", "a", "TrainingImage", "AlgorithmName", "both"),
    training("no-algorithm", "AlgorithmSpecification", {"TrainingInputMode": "File"}, "TrainingImage", "neither"),
    training("spot", "EnableManagedSpotTraining", True, "MaxWaitTimeInSeconds"),
    training("groups", "ResourceConfig.InstanceGroups", [], "InstanceGroups", "not both"),
    training("parameters", "HyperParameters", {f"p{n}": "1" for n in range(101)}, "'hyperParameters'", "equal to 100"),
    training(
        "parameter", "HyperParameters", {"p": "x" * 2501}, "'hyperParameters'", "length less than or equal to 2500"
    ),
    training("number-parameter", "HyperParameters", {"p": 1}, "can not be converted to a String", code=TYPE),
    training("text-as-flag", "EnableNetworkIsolation", "yes", "can not be converted to a Boolean", code=TYPE),
    training("tags", "Tags", [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}], "Duplicate tag keys"),
    training("many-tags", "Tags", [{"Key": f"k{n}", "Value": ""} for n in range(51)], "'tags'", "equal to 50"),
    training("tag-key", "Tags", [{"Key": "k" * 129, "Value": ""}], "'tags.1.member.key'", "equal to 128"),
    training("duplicate", "TrainingJobName", HERE, "already exists", f"training-job/{HERE}", code="ResourceInUse"),
    bad("DescribeTrainingJob", "unknown", {"TrainingJobName": GONE}, "Requested resource not found."),
    bad("UpdateTrainingJob", "unknown", {"TrainingJobName": GONE}, "Requested resource not found."),
    bad("StopTrainingJob", "unknown", {"TrainingJobName": GONE}, "Requested resource not found."),
    bad("DeleteTrainingJob", "unknown", {"TrainingJobName": GONE}, "Requested resource not found."),
    bad(
        "StopTrainingJob", "ended", {"TrainingJobName": HERE}, "rejected because the training job is in status Failed."
    ),
    bad("ListTrainingJobs", "status", {"StatusEquals": "Done"}, "'Done' at 'statusEquals'", ENUM),
    bad("ListTrainingJobs", "sort", {"SortBy": "Size"}, "'Size' at 'sortBy'", ENUM),
    bad("ListTrainingJobs", "none", {"MaxResults": 0}, "'maxResults'", "greater than or equal to 1"),
    bad("ListTrainingJobs", "too-many", {"MaxResults": 101}, "'maxResults'", "less than or equal to 100"),
    bad("ListTrainingJobs", "token", {"NextToken": "nonsense"}, "NextToken"),
]

OTHER_JOBS = [
    *(
        bad("CreateProcessingJob", f"no-{member}", without(PROCESSING, member), f"{member[1:]}'", NULL)
        for member in ("ProcessingJobName", "AppSpecification", "RoleArn", "ProcessingResources")
    ),
    processing(
        "path", "ProcessingInputs.0.S3Input.LocalPath", "/tmp/in", "/tmp/in", "input data", "/opt/ml/processing"
    ),
    processing("up", "ProcessingInputs.0.S3Input.LocalPath", "/opt/ml/processing/../x", "LocalPath", "input data"),
    processing("twice", "ProcessingInputs", [INPUT, INPUT], "Processing input names", "data"),
    processing(
        "one-place", "ProcessingInputs", [INPUT, INPUT | {"InputName": "b"}], "LocalPaths", "/opt/ml/processing/in"
    ),
    processing("no-source", "ProcessingInputs.0", {"InputName": "a"}, "S3Input", "DatasetDefinition", "neither"),
    processing(
        "no-mode",
        "ProcessingOutputConfig.Outputs.0.S3Output",
        {"S3Uri": "s3://b/o"},
        "1.member.s3Output.s3Upload",
        NULL,
    ),
    processing("output", "ProcessingOutputConfig.Outputs.0.S3Output.S3UploadMode", "Now", "s3UploadMode", ENUM),
    processing("count", "ProcessingResources.ClusterConfig.InstanceCount", 0, "clusterConfig.instanceCount", "to 1"),
    processing("runtime", "StoppingCondition", {"MaxRuntimeInSeconds": 777_601}, "maxRuntimeInSeconds", "to 777600"),
    processing("image", "AppSpecification", {"ImageUri": "x" * 256}, "'appSpecification.imageUri'", "equal to 255"),
    processing("no-bucket", "ProcessingInputs.0.S3Input.S3Uri", "https://b/k", "https://b/k", "processing input data"),
    bad("DescribeProcessingJob", "unknown", {"ProcessingJobName": GONE}, "Could not find", GONE),
    bad("StopProcessingJob", "unknown", {"ProcessingJobName": GONE}, "Could not find", GONE),
    transform("model", "ModelName", GONE, "Could not find model", GONE),
    transform("payload", "MaxPayloadInMB", -1, "'maxPayloadInMB'", "greater than or equal to 0"),
    transform("split", "TransformInput.SplitType", "Lines", "'transformInput.splitType'", ENUM),
    transform("strategy", "BatchStrategy", "AllRecords", "'AllRecords' at 'batchStrategy'", ENUM),
    transform("output", "TransformOutput", {}, "'transformOutput.s3OutputPath'", NULL),
    bad("StopTransformJob", "unknown", {"TransformJobName": GONE}, "Could not find", GONE),
]

_TWO = {"PrimaryContainer": CONTAINER, "Containers": [CONTAINER]}
_GROUP = {"ModelPackageGroupName": HERE}
MODELS = [
    bad("CreateModel", "duplicate", {"ModelName": HERE, "PrimaryContainer": CONTAINER}, "already existing model", HERE),
    bad("CreateModel", "no-container", {"ModelName": NEW}, "PrimaryContainer", "Containers"),
    bad("CreateModel", "both", {"ModelName": NEW} | _TWO, "PrimaryContainer", "Containers"),
    bad("CreateModel", "no-image", {"ModelName": NEW, "PrimaryContainer": {}}, "Image", "ModelPackageName"),
    bad(
        "CreateModel",
        "mode",
        {"ModelName": NEW, "PrimaryContainer": CONTAINER | {"Mode": "X"}},
        "Container.mode'",
        ENUM,
    ),
    bad("CreateModel", "many", {"ModelName": NEW, "Containers": [CONTAINER] * 16}, "'containers'", "equal to 15"),
    bad(
        "CreateModel",
        "package",
        {"ModelName": NEW, "PrimaryContainer": {"ModelPackageName": f"{HERE}/9"}},
        f"{ROOT}model-package/{HERE}/9",
        "does not exist",
    ),
    bad("DescribeModel", "unknown", {"ModelName": GONE}, f'Could not find model "{ROOT}model/{GONE}".'),
    bad("DeleteModel", "unknown", {"ModelName": GONE}, "Could not find model"),
    bad(
        "CreateEndpointConfig",
        "model",
        {"EndpointConfigName": NEW, "ProductionVariants": [VARIANT | {"ModelName": GONE}]},
        "Could not find model",
        GONE,
    ),
    bad("CreateEndpointConfig", "none", {"EndpointConfigName": NEW, "ProductionVariants": []}, "'productionVariants'"),
    bad(
        "CreateEndpointConfig",
        "twice",
        {"EndpointConfigName": NEW, "ProductionVariants": [VARIANT, VARIANT]},
        "Variant names",
        "one",
    ),
    bad(
        "CreateEndpointConfig",
        "duplicate",
        {"EndpointConfigName": HERE, "ProductionVariants": [VARIANT]},
        "Cannot create already existing",
        HERE,
    ),
    bad(
        "CreateEndpoint",
        "endpoints",
        {"EndpointName": NEW, "EndpointConfigName": HERE},
        "CreateEndpoint",
        "not supported",
    ),
    bad("DescribeEndpoint", "unknown", {"EndpointName": GONE}, f'Could not find endpoint "{ROOT}endpoint/{GONE}".'),
    bad("CreateModelPackageGroup", "duplicate", _GROUP, "already exists", HERE),
    bad("CreateModelPackage", "group", {"ModelPackageGroupName": GONE}, GONE, "does not exist"),
    bad("CreateModelPackage", "both", _GROUP | {"ModelPackageName": NEW}, "ModelPackageName", "ModelPackageGroupName"),
    bad("CreateModelPackage", "neither", {}, "ModelPackageGroupName"),
    bad("CreateModelPackage", "approval", _GROUP | {"ModelApprovalStatus": "Yes"}, "'modelApprovalStatus'", ENUM),
    bad("DeleteModelPackageGroup", "in-use", _GROUP, HERE, "has model packages", code="ConflictException"),
    bad("DescribeModelPackage", "unknown", {"ModelPackageName": f"{HERE}/7"}, f"{HERE}/7", "does not exist"),
    bad("UpdateModelPackage", "unknown", {"ModelPackageArn": f"{ROOT}model-package/{GONE}/1"}, GONE, "does not exist"),
    bad(
        "AddTags",
        "unknown",
        {"ResourceArn": f"{ROOT}model/{GONE}", "Tags": []},
        "Could not find",
    ),
    bad("AddTags", "no-arn", {"ResourceArn": GONE, "Tags": []}, "'resourceArn'", REGEX),
    bad("AddTags", "reserved", {"ResourceArn": f"{ROOT}model/{HERE}", "Tags": [{"Key": "aws:a", "Value": ""}]}, "aws:"),
    bad("Search", "resource", {"Resource": "Bucket"}, "'Bucket' at 'resource'", ENUM),
    bad(
        "Search",
        "operator",
        {
            "Resource": "ModelPackage",
            "SearchExpression": {"Filters": [{"Name": "a", "Operator": "Like", "Value": "b"}]},
        },
        "'Like' at 'searchExpression.filters.1.member.operator'",
        ENUM,
    ),
    bad(
        "GetModelPackageGroupPolicy",
        "unknown",
        {"ModelPackageGroupName": GONE},
        "Cannot find Model Package Group",
        GONE,
    ),
    bad("GetModelPackageGroupPolicy", "none", _GROUP, "Cannot find resource policy", HERE),
    bad("DeleteModelPackageGroupPolicy", "none", _GROUP, "Cannot find resource policy", HERE),
    bad("DescribeCodeRepository", "unknown", {"CodeRepositoryName": GONE}, "Cannot find CodeRepository", GONE),
    bad("DescribeDevice", "fleet", {"DeviceFleetName": GONE, "DeviceName": "d"}, "No device fleet with name", GONE),
    bad(
        "DeregisterDevices", "fleet", {"DeviceFleetName": GONE, "DeviceNames": ["d"]}, "No device fleet with name", GONE
    ),
    bad("CreateExperiment", "duplicate", {"ExperimentName": HERE}, f"Experiment with name ({HERE}) already exists."),
    bad("ListTrials", "experiment", {"ExperimentName": GONE}, GONE, code="ResourceNotFound"),
    bad("ListTrials", "component", {"TrialComponentName": GONE}, GONE, code="ResourceNotFound"),
    bad("ListTrialComponents", "trial", {"TrialName": GONE}, GONE, code="ResourceNotFound"),
    bad("ListTrialComponents", "experiment", {"ExperimentName": GONE}, GONE, code="ResourceNotFound"),
    bad("DeleteExperiment", "in-use", {"ExperimentName": HERE}, HERE, "trials"),
    bad("CreateTrial", "experiment", {"TrialName": NEW, "ExperimentName": GONE}, GONE, code="ResourceNotFound"),
]


def pipeline(label: str, definition: Any, *parts: str) -> Bad:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    params = {"PipelineName": NEW, "RoleArn": ROLE, "PipelineDefinition": text, "ClientRequestToken": "t" * 36}
    return Bad("CreatePipeline", label, params, INVALID, parts)


def start(label: str, *parts: str, **values: str) -> Bad:
    given = [{"Name": name, "Value": value} for name, value in values.items()]
    params = {"PipelineName": HERE, "PipelineParameters": given, "ClientRequestToken": "t" * 36}
    return Bad("StartPipelineExecution", label, params, INVALID, parts)


_PIPELINE = {"PipelineName": NEW, "RoleArn": ROLE, "ClientRequestToken": "t" * 36}
_EXECUTION = {"PipelineExecutionArn": f"{ROOT}pipeline/{HERE}/execution/abcdefghijkl"}
PIPELINES = [
    pipeline("json", "{not json", "not valid JSON"),
    pipeline("list", "[]", "Json Object"),
    pipeline("version", put(DEFINITION, "Version", "1999"), "Version", "1999"),
    pipeline("no-steps", put(DEFINITION, "Steps", []), "at least one step"),
    pipeline("step-type", put(DEFINITION, "Steps.0.Type", "Dance"), "'Stop'", "unknown Type", "Dance"),
    pipeline("step-name", put(DEFINITION, "Steps.0.Name", "no spaces"), "Step name 'no spaces'"),
    pipeline("twice-a-step", put(DEFINITION, "Steps", [STEP, STEP]), "Step names must be unique", "Stop"),
    pipeline("parameter-type", put(DEFINITION, "Parameters.0.Type", "Date"), "'Count'", "unknown Type 'Date'"),
    pipeline("default", put(DEFINITION, "Parameters.0.DefaultValue", "many"), "'Count'", "'Integer'"),
    pipeline("enum", put(DEFINITION, "Parameters.1.DefaultValue", "green"), "'Color'", "EnumValues"),
    pipeline("depends", put(DEFINITION, "Steps.0.DependsOn", [GONE]), GONE),
    pipeline("undeclared", put(DEFINITION, "Steps.0.Arguments.ErrorMessage", {"Get": "Parameters.X"}), "X"),
    pipeline("no-step", put(DEFINITION, "Steps.0.Arguments.ErrorMessage", {"Get": f"Steps.{GONE}.A"}), GONE),
    bad("CreatePipeline", "no-definition", _PIPELINE, "PipelineDefinition", "PipelineDefinitionS3Location"),
    bad("CreatePipeline", "no-role", without(_PIPELINE, "RoleArn"), "'roleArn'", NULL),
    bad(
        "CreatePipeline",
        "token",
        _PIPELINE | {"PipelineDefinition": "{}", "ClientRequestToken": "short"},
        "'short' at 'clientRequestToken'",
        "length greater than or equal to 32",
    ),
    bad(
        "CreatePipeline",
        "duplicate",
        _PIPELINE | {"PipelineName": HERE, "PipelineDefinition": json.dumps(DEFINITION)},
        "already exists",
        HERE,
    ),
    bad("DescribePipeline", "unknown", {"PipelineName": GONE}, GONE, "does not exist", code="ResourceNotFound"),
    bad("UpdatePipeline", "unknown", {"PipelineName": GONE}, GONE, code="ResourceNotFound"),
    bad("DeletePipeline", "unknown", without(_PIPELINE, "RoleArn"), NEW, code="ResourceNotFound"),
    bad(
        "StartPipelineExecution",
        "unknown",
        {"PipelineName": GONE, "ClientRequestToken": "t" * 36},
        GONE,
        code="ResourceNotFound",
    ),
    start("undeclared", "Unknown parameter 'Size'", Count="1", Size="2"),
    start("type", "'Count'", "Expected Integer", Count="many"),
    start("enum", "'Color'", "red", Count="1", Color="green"),
    start("missing", "'Count' is undefined"),
    bad("DescribePipelineExecution", "unknown", _EXECUTION, "does not exist", code="ResourceNotFound"),
    bad("DescribePipelineExecution", "arn", {"PipelineExecutionArn": GONE}, "'pipelineExecutionArn'", REGEX),
    bad(
        "StopPipelineExecution",
        "unknown",
        _EXECUTION | {"ClientRequestToken": "t" * 36},
        "not exist",
        code="ResourceNotFound",
    ),
]

CYCLE = pipeline(
    "cycle",
    put(DEFINITION, "Steps", [
        {"Name": "A", "Type": "Processing", "DependsOn": ["B"], "Arguments": without(PROCESSING, "ProcessingJobName")},
        {"Name": "B", "Type": "Processing", "DependsOn": ["A"], "Arguments": without(PROCESSING, "ProcessingJobName")},
    ]),
    "Cycle", "A -> B",
)  # fmt: skip

ALL = [*TRAINING_JOBS, *OTHER_JOBS, *MODELS, *PIPELINES, CYCLE]
