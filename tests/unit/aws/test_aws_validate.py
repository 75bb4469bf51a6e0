"""Constraints in AWS's own words."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.aws.validate import validate
from emulator.errors import ServiceError

ROLE = "arn:aws:iam::123456789012:role/role"
TRAINING: dict[str, Any] = {
    "TrainingJobName": "job-1",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}


def refusal(service: str, operation: str, params: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        validate(service, operation, params)
    assert caught.value.status == 400
    return caught.value.code, caught.value.message


def training(**changes: Any) -> str:
    return refusal("sagemaker", "CreateTrainingJob", {**TRAINING, **changes})[1]


def one(value: str, path: str, rule: str) -> str:
    return f"1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {rule}"


def test_a_good_input_passes() -> None:
    validate("sagemaker", "CreateTrainingJob", TRAINING)


def test_missing_members_are_all_named() -> None:
    code, message = refusal("sagemaker", "CreateTrainingJob", {"TrainingJobName": "job"})
    assert code == "ValidationException"
    assert message.startswith("2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: ")
    assert message.endswith("; Value null at 'outputDataConfig' failed to satisfy constraint: Member must not be null")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"RoleArn": "short"}, "2 validation errors detected: Value 'short' at 'roleArn' "
         "failed to satisfy constraint: Member must have length greater than or equal to 20; "
         "Value 'short' at 'roleArn' failed to satisfy constraint: "
         r"Member must satisfy regular expression pattern: arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, one("'0'", "stoppingCondition.maxRuntimeInSeconds",
         "Member must have value greater than or equal to 1")),
        ({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "", "Value": "c"}]}, one("''", "tags.2.member.key",
         "Member must have length greater than or equal to 1")),
        ({"Environment": {"A": "x" * 513}}, one("'{A=" + "x" * 513 + "}'", "environment", "Map value must satisfy "
         "constraint: [Member must have length less than or equal to 512, Member must have length greater than or "
         r"equal to 0, Member must satisfy regular expression pattern: [\S\s]*]")),
        ({"VpcConfig": {"SecurityGroupIds": ["ok", "no spaces"], "Subnets": ["s"]}},
         one("'[ok, no spaces]'", "vpcConfig.securityGroupIds", "Member must satisfy constraint: [Member must have "
         "length less than or equal to 32, Member must have length greater than or equal to 0, Member must satisfy "
         "regular expression pattern: [-0-9a-zA-Z]+]")),
    ],
)  # fmt: skip
def test_the_wording(changes: dict[str, Any], message: str) -> None:
    assert training(**changes) == message


def test_an_enum_lists_its_values() -> None:
    specification = {"TrainingImage": "i", "TrainingInputMode": "Bogus"}
    assert training(AlgorithmSpecification=specification) == one(
        "'Bogus'",
        "algorithmSpecification.trainingInputMode",
        "Member must satisfy enum value set: [Pipe, File, FastFile]",
    )


def test_a_wrong_type_is_a_serialization_exception() -> None:
    params = {**TRAINING, "ResourceConfig": {"InstanceCount": "1"}}
    assert refusal("sagemaker", "CreateTrainingJob", params) == (
        "SerializationException",
        "STRING_VALUE can not be converted to an Integer",
    )


@pytest.mark.parametrize(
    "value",
    [{}, {"ImageClassificationJobConfig": {}, "TabularJobConfig": {"TargetAttributeName": "y"}}],
    ids=["none", "two"],
)
def test_a_union_holds_exactly_one(value: dict[str, Any]) -> None:
    params = {"AutoMLJobName": "job", "AutoMLJobInputDataConfig": [{}], "AutoMLProblemTypeConfig": value}
    code, message = refusal("sagemaker", "CreateAutoMLJobV2", params)
    assert (code, "exactly one member" in message) == ("SerializationException", True)


def test_services_have_their_own_code() -> None:
    assert refusal("logs", "DescribeLogStreams", {"logGroupName": "bad name"})[0] == "InvalidParameterException"
    assert refusal("sagemaker-featurestore-runtime", "GetRecord", {})[0] == "ValidationError"
    assert refusal("iam", "GetRole", {})[0] == "ValidationError"


def test_s3_checks_presence_only() -> None:
    validate("s3", "GetObject", {"Bucket": "No_Such.Name!", "Key": "k"})
    assert refusal("s3", "UploadPart", {"Bucket": "b", "Key": "k", "UploadId": "u"})[0] == "InvalidArgument"
    assert refusal("s3", "PutBucketTagging", {"Bucket": "b"})[0] == "MissingRequestBodyError"
    broken = {"Bucket": "b", "Tagging": {"TagSet": [{"Key": "k"}]}}
    assert refusal("s3", "PutBucketTagging", broken)[0] == "MalformedXML"


def test_a_long_value_is_not_echoed_whole() -> None:
    assert len(training(TrainingJobName="x" * 100_000)) < 4_000
