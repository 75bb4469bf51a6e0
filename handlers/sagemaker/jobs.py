"""What CreateTrainingJob, CreateProcessingJob and CreateTransformJob check beyond the model, and what AWS echoes.

``prepare`` hooks: they get the record that is about to be stored, refuse it or complete it. The engine then only reads
the record, so every default the service has stands in it. Sources: what Describe answers on AWS for a job made with
required members only (the SDK's integration tests assert StoppingCondition 86400), developer guide for the rest.
"""

from __future__ import annotations

from typing import Any

from emulator.aws.call import Call
from emulator.errors import unsupported, validation
from emulator.images.algorithms import metric_definitions
from emulator.jobs.base import UNFINISHED
from emulator.services import Services
from handlers.sagemaker.experiments import check_config
from handlers.sagemaker.hooks import find_model, require, require_one, unique
from handlers.sagemaker.resource import Record

DAY = 86400
LOCAL = "/opt/ml/processing"
RUNNING = frozenset(UNFINISHED)


def prepare_training(call: Call, services: Services, record: Record) -> None:
    """Checks and defaults of a training job."""
    check_config(call, services, record)
    _check_algorithm(record)
    _check_cluster(record)
    _complete_channels(record.get("InputDataConfig", []))
    _check_spot(record)
    record["StoppingCondition"] = {"MaxRuntimeInSeconds": DAY} | record.get("StoppingCondition", {})
    record["OutputDataConfig"] = {"KmsKeyId": "", "CompressionType": "GZIP"} | record["OutputDataConfig"]
    for flag in ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"):
        record.setdefault(flag, False)
    profiled = "ProfilerConfig" in record and not record["ProfilerConfig"].get("DisableProfiler", False)
    record["ProfilingStatus"] = "Enabled" if profiled else "Disabled"
    record["SecondaryStatusTransitions"] = [
        {"Status": "Starting", "StartTime": record["CreationTime"], "StatusMessage": "Starting the training job"}
    ]


def _check_algorithm(record: Record) -> None:
    require(record, "AlgorithmSpecification", "")
    algorithm = record["AlgorithmSpecification"]
    require_one(algorithm, "TrainingImage", "AlgorithmName", "AlgorithmSpecification")
    if "AlgorithmName" in algorithm:
        raise unsupported("Training with an AlgorithmName", "Name the algorithm's image in TrainingImage.")
    record["AlgorithmSpecification"] = {"EnableSageMakerMetricsTimeSeries": False} | algorithm
    _complete_metrics(record["AlgorithmSpecification"])


def _complete_metrics(algorithm: Record) -> None:
    unique([metric["Name"] for metric in algorithm.get("MetricDefinitions", [])], "Metric names")
    if not algorithm.get("MetricDefinitions"):
        try:
            known = metric_definitions(algorithm["TrainingImage"])
        except ValueError:  # the job fails with it, as it does on AWS
            known = []
        if known:
            algorithm["MetricDefinitions"] = known


def _check_cluster(record: Record) -> None:
    require(record, "ResourceConfig", "")
    cluster = record["ResourceConfig"]
    if "InstanceGroups" in cluster:
        if "InstanceType" in cluster or "InstanceCount" in cluster:
            raise validation("ResourceConfig takes either InstanceGroups or InstanceType and InstanceCount, not both.")
        unique([group["InstanceGroupName"] for group in cluster["InstanceGroups"]], "Instance group names")
        return
    require(cluster, "InstanceType", "ResourceConfig")
    require(cluster, "InstanceCount", "ResourceConfig")


def _complete_channels(channels: list[Record]) -> None:
    unique([channel["ChannelName"] for channel in channels], "Channel names in InputDataConfig")
    for channel in channels:
        channel.setdefault("CompressionType", "None")
        channel.setdefault("RecordWrapperType", "None")
        source = channel.get("DataSource", {})
        require_one(source, "S3DataSource", "FileSystemDataSource", f"DataSource of channel {channel['ChannelName']}")
        if "S3DataSource" in source:
            source["S3DataSource"].setdefault("S3DataDistributionType", "FullyReplicated")
            check_s3(source["S3DataSource"]["S3Uri"], f"channel {channel['ChannelName']}")


def _check_spot(record: Record) -> None:
    if not record.get("EnableManagedSpotTraining"):
        return
    stopping = record.get("StoppingCondition", {})
    if stopping.get("MaxWaitTimeInSeconds", 0) < stopping.get("MaxRuntimeInSeconds", DAY):
        raise validation(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )


def prepare_processing(call: Call, services: Services, record: Record) -> None:
    """Checks and defaults of a processing job."""
    check_config(call, services, record)
    inputs = record.get("ProcessingInputs", [])
    outputs = record.get("ProcessingOutputConfig", {}).get("Outputs", [])
    unique([item["InputName"] for item in inputs], "Processing input names")
    unique([item["OutputName"] for item in outputs], "Processing output names")
    for item in inputs:
        _complete_input(item)
    for item in outputs:
        _complete_output(item)
    unique([path for item in inputs if (path := _local_path(item))], "LocalPaths of processing inputs")
    record["StoppingCondition"] = record.get("StoppingCondition") or {"MaxRuntimeInSeconds": DAY}


def _complete_input(item: Record) -> None:
    where = f"processing input {item['InputName']}"
    item.setdefault("AppManaged", False)
    require_one(item, "S3Input", "DatasetDefinition", where)
    if "S3Input" in item:
        source = item["S3Input"]
        if not item["AppManaged"]:
            source.setdefault("S3InputMode", "File")
            source.setdefault("S3DataDistributionType", "FullyReplicated")
            source.setdefault("S3CompressionType", "None")
        check_s3(source["S3Uri"], where)
    _check_local(item, _local_path(item), where)


def _complete_output(item: Record) -> None:
    where = f"processing output {item['OutputName']}"
    item.setdefault("AppManaged", False)
    require_one(item, "S3Output", "FeatureStoreOutput", where)
    if "S3Output" in item:
        check_s3(item["S3Output"]["S3Uri"], where)
        _check_local(item, item["S3Output"].get("LocalPath", ""), where)


def _local_path(item: Record) -> str:
    source: Record = item.get("S3Input") or item.get("DatasetDefinition") or {}
    return str(source.get("LocalPath", ""))


def _check_local(item: Record, path: str, where: str) -> None:
    if item["AppManaged"]:
        return
    inside = path == LOCAL or path.startswith(LOCAL + "/")
    if not inside or ".." in path.split("/"):
        raise validation(f"LocalPath {path!r} of {where} is invalid: it must start with {LOCAL}/.")


def prepare_transform(call: Call, services: Services, record: Record) -> None:
    """Checks and defaults of a batch transform job; its model must exist."""
    check_config(call, services, record)
    find_model(call, services, record["ModelName"])
    record["TransformInput"] = {"CompressionType": "None", "SplitType": "None"} | record["TransformInput"]
    record["TransformOutput"] = {"AssembleWith": "None", "KmsKeyId": ""} | record["TransformOutput"]
    record["DataProcessing"] = {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"} | record.get(
        "DataProcessing", {}
    )
    source: Any = record["TransformInput"]["DataSource"]["S3DataSource"]
    check_s3(source["S3Uri"], "TransformInput")
    check_s3(record["TransformOutput"]["S3OutputPath"], "TransformOutput")


def check_s3(uri: str, where: str) -> None:
    """Data lies in S3: the model's pattern also lets ``https://`` through, and a pipeline may have made anything."""
    bucket, _, _ = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise validation(f"The S3 URI {uri!r} of {where} is invalid: it must have the form s3://bucket/key.")
