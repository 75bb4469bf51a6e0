"""The few operations of IAM and STS that are ours, and how they live with moto's."""

from __future__ import annotations

import json
from typing import Any

import pytest

ACCOUNT = "123456789012"


def trusts_sagemaker(role: dict[str, Any]) -> bool:
    statements = role["AssumeRolePolicyDocument"]["Statement"]
    return any(statement["Principal"].get("Service") == "sagemaker.amazonaws.com" for statement in statements)


def test_any_role_is_known_and_trusts_sagemaker(client: Any) -> None:
    role = client("iam").get_role(RoleName="NobodyCreatedMe")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/NobodyCreatedMe"
    assert trusts_sagemaker(role)
    assert role["CreateDate"].year == 2020


def test_a_created_role_is_answered_as_created(client: Any) -> None:
    iam = client("iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(
        RoleName="Mine",
        Path="/team/",
        AssumeRolePolicyDocument=json.dumps(trust),
        Description="made by a test",
        Tags=[{"Key": "k", "Value": "v"}],
    )
    role = iam.get_role(RoleName="Mine")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/team/Mine"
    assert role["AssumeRolePolicyDocument"] == trust
    assert (role["Description"], role["Tags"]) == ("made by a test", [{"Key": "k", "Value": "v"}])
    assert [found["RoleName"] for found in iam.list_roles()["Roles"]] == ["Mine"]


def test_everything_is_allowed(client: Any) -> None:
    actions, resources = ["s3:GetObject", "sagemaker:CreateTrainingJob"], ["arn:aws:s3:::a", "arn:aws:s3:::b"]
    pages = client("iam").get_paginator("simulate_principal_policy")
    results = [
        result
        for page in pages.paginate(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/x", ActionNames=actions, ResourceArns=resources
        )
        for result in page["EvaluationResults"]
    ]
    assert {(result["EvalActionName"], result["EvalResourceName"]) for result in results} == {
        (action, resource) for action in actions for resource in resources
    }
    assert {result["EvalDecision"] for result in results} == {"allowed"}


def test_the_caller_is_an_assumed_role_of_the_owner(client: Any) -> None:
    caller = client("sts").get_caller_identity()
    assert caller["Account"] == ACCOUNT
    assert caller["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/")


def test_the_partition_follows_the_region(client: Any) -> None:
    assert client("sts", region_name="cn-north-1").get_caller_identity()["Arn"].startswith("arn:aws-cn:sts::")
    assert client("iam", region_name="cn-north-1").get_role(RoleName="R")["Role"]["Arn"].startswith("arn:aws-cn:iam::")


def test_who_assumed_a_role_is_that_role(client: Any) -> None:
    keys = client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Deployer", RoleSessionName="me")[
        "Credentials"
    ]
    caller = client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/me"


def test_a_users_own_keys_are_that_user(client: Any) -> None:
    iam = client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    caller = client(
        "sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    ).get_caller_identity()
    assert caller["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann"


def test_other_services_are_answered_by_moto(client: Any) -> None:
    queues = client("sqs", region_name="eu-west-1")
    url = queues.create_queue(QueueName="jobs")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="hello")
    assert queues.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert arn == f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("textract", "analyze_id", {"DocumentPages": [{"Bytes": b"x"}]}),  # an operation moto lacks
        ("iam", "generate_service_last_accessed_details", {"Arn": f"arn:aws:iam::{ACCOUNT}:role/x"}),  # query protocol
        ("chime", "list_accounts", {}),  # a service moto lacks, REST
        ("frauddetector", "get_models", {}),  # and JSON
    ],
)
def test_what_moto_lacks_is_an_aws_error_and_not_retried(
    client: Any, service: str, operation: str, params: dict[str, Any]
) -> None:
    api = client(service)
    with pytest.raises(api.exceptions.ClientError) as raised:
        getattr(api, operation)(**params)
    answer = raised.value.response
    assert answer["Error"]["Code"] == "NotImplementedException"
    assert service in answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
