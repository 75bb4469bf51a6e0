"""Search through boto3: operators, nesting, joins, derived members, tags, orders, pages, suggestions, refusals."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.aws import model
from tests.api.calls import error, feature_group

RESOURCES = model.service("sagemaker").operation("Search").input_shape.members["Resource"].enum


@pytest.fixture
def unique() -> str:
    return uuid.uuid4().hex[:12]


def where(name: str, operator: str = "", value: str = "") -> dict[str, str]:
    return {"Name": name} | ({"Operator": operator} if operator else {}) | ({"Value": value} if value else {})


class Components:
    """Trial components ``<unique>-0`` … with a number each, in one trial but for the last."""

    def __init__(self, sagemaker: Any, unique: str, count: int = 5) -> None:
        self.sagemaker, self.unique = sagemaker, unique
        sagemaker.create_experiment(ExperimentName=f"exp-{unique}")
        sagemaker.create_trial(TrialName=f"trial-{unique}", ExperimentName=f"exp-{unique}")
        self.names = [f"{unique}-{number}" for number in range(count)]
        for number, name in enumerate(self.names):
            sagemaker.create_trial_component(
                TrialComponentName=name,
                DisplayName="Even" if number % 2 == 0 else "Odd",
                Parameters={"eta": {"NumberValue": number / 10}, "kind.of": {"StringValue": f"k{number}"}},
                InputArtifacts={"train": {"Value": f"s3://{unique}/part/{number}"}},
                Tags=[{"Key": "Number", "Value": str(number)}] if number else [],
            )
            if number < count - 1:
                sagemaker.associate_trial_component(TrialComponentName=name, TrialName=f"trial-{unique}")

    def search(self, *filters: dict[str, Any], operator: str = "And", **params: Any) -> dict[str, Any]:
        mine = {"Filters": [where("TrialComponentName", "Contains", self.unique)]}
        asked: dict[str, Any] = {"Operator": operator, "Filters": list(filters)} if filters else mine
        expression = {"SubExpressions": [mine, asked, *params.pop("also", [])]}
        answer: dict[str, Any] = self.sagemaker.search(
            Resource="ExperimentTrialComponent", SearchExpression=expression, **params
        )
        return answer

    def found(self, *filters: dict[str, Any], **params: Any) -> list[int]:
        params = {"SortBy": "TrialComponentName", "SortOrder": "Ascending"} | params
        results = self.search(*filters, **params)["Results"]
        return [int(one["TrialComponent"]["TrialComponentName"].rpartition("-")[2]) for one in results]


@pytest.fixture
def components(sagemaker: Any, unique: str) -> Components:
    return Components(sagemaker, unique)


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource_can_be_searched(sagemaker: Any, resource: str) -> None:
    answer = sagemaker.search(Resource=resource, MaxResults=100)
    assert answer["TotalHits"]["Relation"] == "EqualTo"
    assert len(answer["Results"]) == min(100, answer["TotalHits"]["Value"])
    other = sagemaker.search(Resource=resource, CrossAccountFilterOption="CrossAccount")
    assert other["Results"] == []
    assert "PropertyNameSuggestions" in sagemaker.get_search_suggestions(Resource=resource)


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("DisplayName", "", "Even", [0, 2, 4]),
        ("DisplayName", "Equals", "even", []),
        ("DisplayName", "NotEquals", "Even", [1, 3]),
        ("DisplayName", "In", "Odd,Other", [1, 3]),
        ("DisplayName", "Contains", "ve", [0, 2, 4]),
        ("Tags.Number", "Exists", "", [1, 2, 3, 4]),
        ("Tags.Number", "NotExists", "", [0]),
        ("Tags.Number", "Equals", "2", [2]),
        ("Tags.Number", "NotEquals", "2", [0, 1, 3, 4]),
        ("Tags", "Contains", "number", [1, 2, 3, 4]),
        ("Parameters.eta", "GreaterThan", "0.2", [3, 4]),
        ("Parameters.eta.NumberValue", "LessThanOrEqualTo", "0.1", [0, 1]),
        ("parameters.eta", "Equals", "0.30", [3]),
        ("Parameters.kind.of", "Equals", "k2", [2]),
        ("Parameters.kind.of.StringValue", "Contains", "k1", [1]),
        ("InputArtifacts", "Contains", "train", [0, 1, 2, 3, 4]),
        ("InputArtifacts.train.Value", "Contains", "part/3", [3]),
        ("CreationTime", "GreaterThan", "2020-01-01T00:00:00", [0, 1, 2, 3, 4]),
        ("CreationTime", "LessThan", "2020-01-01T00:00:00Z", []),
        ("Parents", "Exists", "", [0, 1, 2, 3]),
        ("EndTime", "Exists", "", []),
    ],
)
def test_operators(components: Components, name: str, operator: str, value: str, expected: list[int]) -> None:
    assert components.found(where(name, operator, value)) == expected


def test_parents_are_searched_and_answered(components: Components) -> None:
    trial, experiment = f"trial-{components.unique}", f"exp-{components.unique}"
    assert components.found(where("Parents.TrialName", "Equals", trial)) == [0, 1, 2, 3]
    assert components.found(where("Parents.ExperimentName", "Equals", experiment)) == [0, 1, 2, 3]
    nested = {
        "NestedPropertyName": "Parents",
        "Filters": [where("Parents.TrialName", "Equals", trial), where("Parents.ExperimentName", "Equals", "other")],
    }
    assert components.found(also=[{"NestedFilters": [nested]}]) == []
    (found,) = components.search(where("Tags.Number", "Equals", "1"))["Results"]
    assert found["TrialComponent"]["Parents"] == [{"TrialName": trial, "ExperimentName": experiment}]
    assert found["TrialComponent"]["Tags"] == [{"Key": "Number", "Value": "1"}]
    answer = components.sagemaker.search(
        Resource="ExperimentTrial", SearchExpression={"Filters": [where("TrialName", "Equals", trial)]}
    )
    (found,) = answer["Results"]
    assert len(found["Trial"]["TrialComponentSummaries"]) == 4


def test_conditions_join(components: Components) -> None:
    even, high = where("DisplayName", "Equals", "Even"), where("Parameters.eta", "GreaterThan", "0.25")
    assert components.found(even, high) == [4]
    assert components.found(even, high, operator="Or") == [0, 2, 3, 4]
    inner = {
        "Operator": "Or",
        "SubExpressions": [{"Filters": [high]}, {"Filters": [where("Tags.Number", "NotExists")]}],
    }
    assert components.found(even, also=[inner]) == [0, 4]


def test_visibility_conditions_only_concern_those_with_the_tag(components: Components) -> None:
    assert components.found(VisibilityConditions=[{"Key": "Tags.Number", "Value": "3"}]) == [0, 3]


@pytest.mark.parametrize("sort", ["CreationTime", "TrialComponentName", "Parameters.eta", "Tags.Number"])
@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_pages_in_every_order(components: Components, sort: str, order: str) -> None:
    pages = list(
        components.sagemaker.get_paginator("search").paginate(
            Resource="ExperimentTrialComponent",
            SearchExpression={"Filters": [where("TrialComponentName", "Contains", components.unique)]},
            SortBy=sort,
            SortOrder=order,
            PaginationConfig={"PageSize": 2},
        )
    )
    assert [len(page["Results"]) for page in pages] == [2, 2, 1]
    assert {page["TotalHits"]["Value"] for page in pages} == {5}
    found = [one["TrialComponent"]["TrialComponentName"][-1] for page in pages for one in page["Results"]]
    expected = list("01234") if order == "Ascending" else list("43210")
    if sort == "Tags.Number":  # the one without comes last
        expected.remove("0")
        expected.append("0")
    assert found == expected


def test_pages_hold_still_while_others_are_made(components: Components) -> None:
    params: dict[str, Any] = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 2}
    first = components.search(**params)
    components.sagemaker.create_trial_component(TrialComponentName=f"{components.unique}-9")
    assert components.found(**params, NextToken=first["NextToken"]) == [2, 1]


def test_a_token_belongs_to_its_search(components: Components) -> None:
    token = components.search(MaxResults=2)["NextToken"]
    for params in ({"NextToken": "nonsense"}, {"NextToken": token, "SortBy": "DisplayName"}):
        with pytest.raises(ClientError, match="Invalid NextToken"):
            components.search(MaxResults=2, **params)
    with pytest.raises(ClientError, match="Invalid NextToken"):
        components.search(where("DisplayName", "Exists"), MaxResults=2, NextToken=token)


def test_models_and_packages(sagemaker: Any, unique: str) -> None:
    sagemaker.create_model(ModelName=unique, PrimaryContainer={"Image": "image"}, Tags=[{"Key": "a", "Value": unique}])
    for name in ("ModelName", "Model.ModelName", "Tags.a"):
        found = sagemaker.search(Resource="Model", SearchExpression={"Filters": [where(name, "Equals", unique)]})
        assert [one["Model"]["Model"]["ModelName"] for one in found["Results"]] == [unique]
    sagemaker.create_model_package_group(ModelPackageGroupName=unique)
    for _ in range(2):
        sagemaker.create_model_package(ModelPackageGroupName=unique, CustomerMetadataProperties={"team": unique})
    for name in ("ModelPackageGroupName", "CustomerMetadataProperties.team"):
        answer = sagemaker.search(
            Resource="ModelPackage",
            SearchExpression={"Filters": [where(name, "Equals", unique)]},
            SortBy="ModelPackageVersion",
        )
        assert [one["ModelPackage"]["ModelPackageVersion"] for one in answer["Results"]] == [2, 1]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ([where("NoSuch", "Equals", "1")], "Unknown property name: NoSuch"),
        ([where("AlgorithmSpecification.NoSuch", "Equals", "1")], "Unknown property name"),
        ([where("TrainingJobName", "GreaterThan", "a")], "not supported for property TrainingJobName"),
        ([where("CreationTime", "GreaterThan", "soon")], "ISO 8601"),
        ([where("CreationTime", "Contains", "2024")], "not supported for property CreationTime"),
        ([where("Metrics.accuracy", "GreaterThan", "much")], "not a number"),
        ([where("TrainingJobName", "Equals")], "needs a Value"),
        ([where("RoleArn", "Contains", "a")] * 2, "'CONTAINS' operator usage limit of 1 exceeded."),
    ],
)
def test_what_makes_no_sense_is_refused(sagemaker: Any, filters: list[dict[str, str]], message: str) -> None:
    code, text = error(sagemaker.search, Resource="TrainingJob", SearchExpression={"Filters": filters})
    assert code == "ValidationException"
    assert message in text


@pytest.mark.parametrize("expression", [{}, {"Operator": "Or"}, {"SubExpressions": [{}]}])
def test_an_expression_that_says_nothing_is_refused(sagemaker: Any, expression: dict[str, Any]) -> None:
    code, text = error(sagemaker.search, Resource="TrainingJob", SearchExpression=expression)
    assert (code, "at least one filter" in text) == ("ValidationException", True)


def test_sort_and_nested_names_are_checked_too(sagemaker: Any) -> None:
    assert "Unknown property name" in error(sagemaker.search, Resource="TrainingJob", SortBy="NoSuch")[1]
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": [where("ChannelName", "Equals", "train")]}
    expression = {"NestedFilters": [nested]}
    assert "Unknown" in error(sagemaker.search, Resource="TrainingJob", SearchExpression=expression)[1]


def test_suggestions(sagemaker: Any, components: Components) -> None:
    def suggested(resource: str, hint: str) -> list[str]:
        answer = sagemaker.get_search_suggestions(
            Resource=resource, SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": hint}}
        )
        return [one["PropertyName"] for one in answer["PropertyNameSuggestions"]]

    assert suggested("TrainingJob", "TrainingJobN") == ["TrainingJobName"]
    assert "InputDataConfig.DataSource.S3DataSource.S3Uri" in suggested("TrainingJob", "InputDataConfig.")
    assert "Parameters.kind.of" in suggested("ExperimentTrialComponent", "Parameters.")
    assert "Tags.Number" in suggested("ExperimentTrialComponent", "tags.")


def test_features_are_found_one_by_one(sagemaker: Any, unique: str) -> None:
    feature_group(sagemaker, unique)
    sagemaker.update_feature_metadata(FeatureGroupName=unique, FeatureName="at", Description="when it was")

    def found(resource: str, *filters: dict[str, str]) -> list[dict[str, Any]]:
        mine = where("FeatureGroupName", "Equals", unique)
        answer = sagemaker.search(Resource=resource, SearchExpression={"Filters": [mine, *filters]})
        assert answer["TotalHits"]["Value"] == len(answer["Results"])
        return [one[resource] for one in answer["Results"]]

    assert len(found("FeatureGroup")) == 1
    assert {one["FeatureName"] for one in found("FeatureMetadata")} == {"id", "at"}
    (one,) = found("FeatureMetadata", where("Description", "Contains", "WHEN"))
    assert (one["FeatureName"], one["FeatureType"]) == ("at", "Fractional")


def test_model_cards(sagemaker: Any, unique: str) -> None:
    card = {"ModelCardName": unique, "ModelCardStatus": "Draft", "Content": "{}"}
    sagemaker.create_model_card(**card, Tags=[{"Key": "of", "Value": unique}])
    for name, value in (("ModelCardName", unique), ("Tags.of", unique), ("ModelCardStatus", "Draft")):
        expression = {"Filters": [where(name, "Equals", value), where("ModelCardName", "Equals", unique)]}
        (found,) = sagemaker.search(Resource="ModelCard", SearchExpression=expression)["Results"]
        assert found["ModelCard"]["Content"] == "{}"
