"""The files the service writes under /opt/ml before a container starts. Pure: record in, ``{relative path: JSON}`` out.

Newcomers trip over three things (facts: AWS developer guide, and what the toolkits in the images read):

* every hyperparameter is a *string*, exactly as in the request; script-mode clients JSON-encode theirs themselves;
* a processing container gets its config in /opt/ml/config, a training container in /opt/ml/input/config;
* toolkits disagree on ``current_group_name`` and ``current_instance_group``, so both are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Files = dict[str, Any]

DEFAULT_GROUP = "homogeneousCluster"


def hosts(count: int) -> list[str]:
    """``["algo-1", ... "algo-N"]``."""
    return [f"algo-{number}" for number in range(1, count + 1)]


def groups(resources: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Instance groups of a ``ResourceConfig`` or ``ClusterConfig``: name, type and the hosts each of them holds."""
    rows = resources.get("InstanceGroups") or [
        {
            "InstanceGroupName": DEFAULT_GROUP,
            "InstanceType": resources.get("InstanceType", "ml.m5.large"),
            "InstanceCount": resources.get("InstanceCount", 1),
        }
    ]
    names = iter(hosts(sum(row["InstanceCount"] for row in rows)))
    return [
        {
            "instance_group_name": row["InstanceGroupName"],
            "instance_type": row["InstanceType"],
            "hosts": [next(names) for _ in range(row["InstanceCount"])],
        }
        for row in rows
    ]


def instance_count(resources: Mapping[str, Any]) -> int:
    """How many hosts a ``ResourceConfig`` or ``ClusterConfig`` asks for, over all its groups."""
    return sum(len(group["hosts"]) for group in groups(resources))


def resource_config(resources: Mapping[str, Any], host: str) -> dict[str, Any]:
    """``resourceconfig.json`` as seen by ``host``; host names sort as the toolkits sort them (as strings)."""
    listed = groups(resources)
    mine = next(group for group in listed if host in group["hosts"])
    return {
        "current_host": host,
        "current_instance_type": mine["instance_type"],
        "current_group_name": mine["instance_group_name"],
        "current_instance_group": mine["instance_group_name"],
        "hosts": sorted(name for group in listed for name in group["hosts"]),
        "instance_groups": listed,
        "network_interface_name": "eth0",
    }


def input_data_config(channels: Sequence[Mapping[str, Any]], mode: str) -> dict[str, Any]:
    """``inputdataconfig.json``; ``mode`` is the job's TrainingInputMode, which a channel's InputMode overrides."""
    return {channel["ChannelName"]: _channel(channel, mode) for channel in channels}


def _channel(channel: Mapping[str, Any], mode: str) -> dict[str, Any]:
    source = channel.get("DataSource", {}).get("S3DataSource", {})
    config = {
        "TrainingInputMode": channel.get("InputMode", mode),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    if channel.get("ContentType"):
        config["ContentType"] = channel["ContentType"]
    return config


def training_files(record: Mapping[str, Any], host: str) -> Files:
    """Config files of a training container, by path below /opt/ml/input/config."""
    mode = record.get("AlgorithmSpecification", {}).get("TrainingInputMode", "File")
    files: Files = {
        "hyperparameters.json": dict(record.get("HyperParameters") or {}),
        "inputdataconfig.json": input_data_config(record.get("InputDataConfig") or (), mode),
        "resourceconfig.json": resource_config(record["ResourceConfig"], host),
        "trainingjobconfig.json": {
            "TrainingJobName": record["TrainingJobName"],
            "TrainingJobArn": record["TrainingJobArn"],
        },
    }
    if "CheckpointConfig" in record:
        files["checkpointconfig.json"] = {
            "LocalPath": record["CheckpointConfig"].get("LocalPath", "/opt/ml/checkpoints"),
            "S3Uri": record["CheckpointConfig"]["S3Uri"],
        }
    return files


_PROCESSING_MEMBERS = ("ProcessingJobArn", "ProcessingJobName", "RoleArn", "StoppingCondition", "NetworkConfig")


def processing_files(record: Mapping[str, Any], host: str) -> Files:
    """Config files of a processing container, by path below /opt/ml/config."""
    application = record["AppSpecification"]
    output = record.get("ProcessingOutputConfig") or {"Outputs": []}
    config: dict[str, Any] = {name: record[name] for name in _PROCESSING_MEMBERS if name in record}
    config |= {
        "AppSpecification": {
            "ImageUri": application["ImageUri"],
            "ContainerEntrypoint": application.get("ContainerEntrypoint"),
            "ContainerArguments": application.get("ContainerArguments"),
        },
        "Environment": dict(record.get("Environment") or {}),
        "ProcessingInputs": [_processing_input(item) for item in record.get("ProcessingInputs") or ()],
        "ProcessingOutputConfig": {"Outputs": output.get("Outputs", []), "KmsKeyId": output.get("KmsKeyId")},
        "ProcessingResources": record["ProcessingResources"],
    }
    return {
        "processingjobconfig.json": config,
        "resourceconfig.json": resource_config(record["ProcessingResources"]["ClusterConfig"], host),
    }


def _processing_input(item: Mapping[str, Any]) -> dict[str, Any]:
    if "S3Input" not in item:
        return dict(item)
    defaults = {
        "S3DataDistributionType": "FullyReplicated",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3CompressionType": "None",
        "S3DownloadMode": "StartOfJob",
    }
    return {**item, "S3Input": {**defaults, **item["S3Input"]}}
