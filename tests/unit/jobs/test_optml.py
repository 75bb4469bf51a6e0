"""The /opt/ml config files."""

from __future__ import annotations

from typing import Any

from emulator.jobs import optml

TRAINING: dict[str, Any] = {
    "TrainingJobName": "t",
    "TrainingJobArn": "arn:t",
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
    "HyperParameters": {"depth": "5", "name": '"x"'},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3Uri": "s3://b/k", "S3DataDistributionType": "ShardedByS3Key"}},
        },
        {"ChannelName": "code", "InputMode": "FastFile", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/c"}}},
    ],
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
}


def test_training_files_of_a_two_host_job() -> None:
    files = optml.training_files(TRAINING, "algo-2")
    assert files["hyperparameters.json"] == {"depth": "5", "name": '"x"'}
    assert files["inputdataconfig.json"] == {
        "train": {
            "TrainingInputMode": "File",
            "S3DistributionType": "ShardedByS3Key",
            "RecordWrapperType": "None",
            "ContentType": "text/csv",
        },
        "code": {
            "TrainingInputMode": "FastFile",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        },
    }
    assert files["resourceconfig.json"] == {
        "current_host": "algo-2",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "current_instance_group": "homogeneousCluster",
        "hosts": ["algo-1", "algo-2"],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": "ml.m5.large",
                "hosts": ["algo-1", "algo-2"],
            }
        ],
        "network_interface_name": "eth0",
    }
    assert "checkpointconfig.json" not in files


def test_instance_groups_share_out_the_hosts() -> None:
    resources = {
        "InstanceGroups": [
            {"InstanceGroupName": "a", "InstanceType": "ml.c5.large", "InstanceCount": 1},
            {"InstanceGroupName": "b", "InstanceType": "ml.p3.2xlarge", "InstanceCount": 2},
        ]
    }
    assert optml.instance_count(resources) == 3
    config = optml.resource_config(resources, "algo-3")
    assert (config["current_group_name"], config["current_instance_type"]) == ("b", "ml.p3.2xlarge")
    assert [group["hosts"] for group in config["instance_groups"]] == [["algo-1"], ["algo-2", "algo-3"]]


def test_checkpoints_have_a_default_place() -> None:
    files = optml.training_files({**TRAINING, "CheckpointConfig": {"S3Uri": "s3://b/c"}}, "algo-1")
    assert files["checkpointconfig.json"] == {"LocalPath": "/opt/ml/checkpoints", "S3Uri": "s3://b/c"}


def test_processing_config_says_null_where_the_request_was_silent() -> None:
    record = {
        "ProcessingJobName": "p",
        "ProcessingJobArn": "arn:p",
        "RoleArn": "arn:r",
        "AppSpecification": {"ImageUri": "i", "ContainerEntrypoint": ["python3"]},
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large"}},
        "ProcessingInputs": [{"InputName": "code", "S3Input": {"S3Uri": "s3://b/k", "LocalPath": "/opt/ml/p"}}],
    }
    config = optml.processing_files(record, "algo-1")["processingjobconfig.json"]
    assert config["AppSpecification"] == {
        "ImageUri": "i",
        "ContainerEntrypoint": ["python3"],
        "ContainerArguments": None,
    }
    assert config["ProcessingOutputConfig"] == {"Outputs": [], "KmsKeyId": None}
    assert config["ProcessingInputs"][0]["S3Input"] == {
        "S3Uri": "s3://b/k",
        "LocalPath": "/opt/ml/p",
        "S3DataDistributionType": "FullyReplicated",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3CompressionType": "None",
        "S3DownloadMode": "StartOfJob",
    }
    assert config["ProcessingJobArn"] == "arn:p"
