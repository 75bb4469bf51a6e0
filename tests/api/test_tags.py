"""Tags on any ARN."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calls import error, named


@pytest.fixture
def arn(sagemaker: Any) -> str:
    name = named("tagged")
    made = sagemaker.create_experiment(ExperimentName=name, Tags=[{"Key": "a", "Value": "1"}])
    return str(made["ExperimentArn"])


def tags(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs]


def test_add_list_delete(sagemaker: Any, arn: str) -> None:
    answer = sagemaker.add_tags(ResourceArn=arn, Tags=tags(("b", "2"), ("a", "3")))
    assert answer["Tags"] == tags(("a", "3"), ("b", "2"))
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a", "never-there"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags(("b", "2"))


def test_at_most_fifty(sagemaker: Any, arn: str) -> None:
    many = tags(*((f"k{number}", "v") for number in range(50)))
    code, message = error(sagemaker.add_tags, ResourceArn=arn, Tags=many)
    assert code == "ValidationException"
    assert "50" in message
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags(("a", "1"))
    sagemaker.add_tags(ResourceArn=arn, Tags=many[1:])
    assert len(sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 50


@pytest.mark.parametrize(
    ("given", "part"), [(tags(("Aa", "1"), ("aA", "2")), "Duplicate tag keys"), (tags(("aws:x", "1")), "aws:")]
)
def test_keys_that_are_refused(sagemaker: Any, arn: str, given: list[dict[str, str]], part: str) -> None:
    assert part in error(sagemaker.add_tags, ResourceArn=arn, Tags=given)[1]
    assert part in error(sagemaker.create_experiment, ExperimentName="never-made", Tags=given)[1]
    assert "does not exist" in error(sagemaker.describe_experiment, ExperimentName="never-made")[1]


def test_an_arn_nobody_has(sagemaker: Any, arn: str) -> None:
    assert "Could not find" in error(sagemaker.list_tags, ResourceArn=arn + "-no")[1]


def test_tags_end_with_their_resource(sagemaker: Any) -> None:
    params = {"ExperimentName": named("tagged")}
    arn = sagemaker.create_experiment(**params, Tags=tags(("a", "1")))["ExperimentArn"]
    sagemaker.delete_experiment(**params)
    sagemaker.create_experiment(**params)
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == []
