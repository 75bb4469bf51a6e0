"""Models and endpoint configurations, as the SDK and boto's waiters use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.calls import error, named

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROLE = "arn:aws:iam::123456789012:role/service-role/Role"


@pytest.fixture
def name() -> str:
    return named("model")


def test_a_model_is_described_as_it_was_made(sagemaker: Any, name: str) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz", "Environment": {"A": "b"}}
    made = sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    assert made["ModelArn"] == f"arn:aws:sagemaker:us-east-1:123456789012:model/{name}"
    model = sagemaker.describe_model(ModelName=name)
    assert model["PrimaryContainer"] == container | {"Mode": "SingleModel"}
    assert model["EnableNetworkIsolation"] is False
    assert model["ExecutionRoleArn"] == ROLE


def test_the_errors_the_sdk_reads(sagemaker: Any, name: str) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:model/{name}"
    assert error(sagemaker.describe_model, ModelName=name) == ("ValidationException", f'Could not find model "{arn}".')
    sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": IMAGE})
    assert error(sagemaker.create_model, ModelName=name, PrimaryContainer={"Image": IMAGE}) == (
        "ValidationException",
        f'Cannot create already existing model "{arn}".',
    )
    sagemaker.delete_model(ModelName=name)
    assert error(sagemaker.delete_model, ModelName=name)[1].startswith("Could not find model")


def test_a_pipeline_model_keeps_its_containers_in_order(sagemaker: Any, name: str) -> None:
    containers = [{"Image": IMAGE, "ContainerHostname": host} for host in ("one", "two")]
    sagemaker.create_model(ModelName=name, Containers=containers)
    found = sagemaker.describe_model(ModelName=name)["Containers"]
    assert [container["ContainerHostname"] for container in found] == ["one", "two"]


def test_a_model_of_a_model_package_gets_image_and_data_from_it(sagemaker: Any, name: str) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    part = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz", "Environment": {"A": "package", "B": "package"}}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=name,
        InferenceSpecification={
            "Containers": [part],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    sagemaker.create_model(ModelName=name, Containers=[{"ModelPackageName": arn, "Environment": {"A": "model"}}])
    (container,) = sagemaker.describe_model(ModelName=name)["Containers"]
    assert (container["Image"], container["ModelDataUrl"]) == (IMAGE, "s3://bucket/model.tar.gz")
    assert container["ModelPackageName"] == arn
    assert container["Environment"] == {"A": "model", "B": "package"}


def test_an_endpoint_configuration_needs_its_models(sagemaker: Any, name: str) -> None:
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    params = {"EndpointConfigName": name, "ProductionVariants": [variant]}
    code, message = error(sagemaker.create_endpoint_config, **params)
    assert code == "ValidationException"
    assert message.startswith("Could not find model")
    sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": IMAGE})
    sagemaker.create_endpoint_config(**params)
    (found,) = sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    assert found == variant | {"InitialVariantWeight": 1.0}
    assert "Cannot create already existing" in error(sagemaker.create_endpoint_config, **params)[1]


def test_an_endpoint_is_refused_rather_than_pretended(sagemaker: Any, name: str) -> None:
    code, message = error(sagemaker.create_endpoint, EndpointName=name, EndpointConfigName=name)
    assert code == "ValidationException"
    assert "CreateEndpoint is not supported" in message
    assert error(sagemaker.describe_endpoint, EndpointName=name) == (
        "ValidationException",
        f'Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}".',
    )
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name)


def test_pages_of_ten_and_every_model_once(sagemaker: Any, name: str) -> None:
    names = [f"{name}-{number:02}" for number in range(25)]
    for one in names:
        sagemaker.create_model(ModelName=one, PrimaryContainer={"Image": IMAGE})
    first = sagemaker.list_models(NameContains=name, SortBy="Name", SortOrder="Ascending")
    assert [item["ModelName"] for item in first["Models"]] == names[:10]
    sagemaker.create_model(ModelName=f"{name}-00-late", PrimaryContainer={"Image": IMAGE})
    rest = sagemaker.list_models(
        NameContains=name, SortBy="Name", SortOrder="Ascending", MaxResults=100, NextToken=first["NextToken"]
    )
    assert [item["ModelName"] for item in rest["Models"]] == names[10:]
    assert "NextToken" not in rest
    pages = sagemaker.get_paginator("list_models").paginate(NameContains=name, PaginationConfig={"PageSize": 7})
    assert sum(len(page["Models"]) for page in pages) == 26
    newest = sagemaker.list_models(NameContains=name, MaxResults=1)["Models"]
    assert [item["ModelName"] for item in newest] == [f"{name}-00-late"]


def test_times_bound_a_list(sagemaker: Any, name: str) -> None:
    for one in ("a", "b"):
        sagemaker.create_model(ModelName=f"{name}-{one}", PrimaryContainer={"Image": IMAGE})
    created = sagemaker.describe_model(ModelName=f"{name}-a")["CreationTime"]
    after = sagemaker.list_models(NameContains=name, CreationTimeAfter=created)["Models"]
    assert f"{name}-a" not in [item["ModelName"] for item in after]
    assert sagemaker.list_models(NameContains=name, CreationTimeBefore=created)["Models"] == []


def test_a_token_of_another_list_is_refused(sagemaker: Any, name: str) -> None:
    code, message = error(sagemaker.list_models, NextToken="not-a-token")
    assert code == "ValidationException"
    assert "NextToken" in message


def test_invoking_an_endpoint_that_is_not_there(client: Callable[..., Any], name: str) -> None:
    code, message = error(client("sagemaker-runtime").invoke_endpoint, EndpointName=name, Body=b"1")
    assert (code, message) == ("ValidationError", f"Endpoint {name} of account 123456789012 not found.")
