"""Lineage through boto3: artifacts are their sources, associations, queries in both directions, the default group."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.calls import error


@pytest.fixture
def unique() -> str:
    return uuid.uuid4().hex[:12]


@dataclass
class Graph:
    """dataset -> component -> model -> package, model -> deploy -> endpoint, and an old dataset before the first."""

    sagemaker: Any
    old: str
    dataset: str
    component: str
    model: str
    deploy: str
    endpoint: str

    def query(self, start: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.sagemaker.query_lineage(StartArns=[start], **params)
        return answer

    def arns(self, start: str, **params: Any) -> list[str]:
        return [vertex["Arn"] for vertex in self.query(start, **params)["Vertices"]]


def artifact(sagemaker: Any, uri: str, kind: str, **more: Any) -> str:
    return str(sagemaker.create_artifact(Source={"SourceUri": uri}, ArtifactType=kind, **more)["ArtifactArn"])


def link(sagemaker: Any, source: str, destination: str, kind: str) -> None:
    sagemaker.add_association(SourceArn=source, DestinationArn=destination, AssociationType=kind)


@pytest.fixture
def graph(sagemaker: Any, unique: str) -> Graph:
    source = {"SourceUri": f"arn:{unique}"}
    made = Graph(
        sagemaker,
        artifact(sagemaker, f"s3://{unique}/old", "DataSet"),
        artifact(sagemaker, f"s3://{unique}/data", "DataSet", Properties={"rows": "10"}),
        sagemaker.create_trial_component(TrialComponentName=f"component-{unique}")["TrialComponentArn"],
        artifact(sagemaker, f"s3://{unique}/model", "Model", ArtifactName=f"model-{unique}"),
        sagemaker.create_action(ActionName=f"deploy-{unique}", ActionType="ModelDeployment", Source=source)[
            "ActionArn"
        ],
        sagemaker.create_context(ContextName=f"end-{unique}", ContextType="Endpoint", Source=source)["ContextArn"],
    )
    link(sagemaker, made.old, made.dataset, "DerivedFrom")
    link(sagemaker, made.dataset, made.component, "ContributedTo")
    link(sagemaker, made.component, made.model, "Produced")
    link(sagemaker, made.model, made.deploy, "ContributedTo")
    link(sagemaker, made.deploy, made.endpoint, "AssociatedWith")
    return made


def test_an_artifact_is_its_source(sagemaker: Any, unique: str) -> None:
    source = {"SourceUri": f"s3://{unique}/data", "SourceTypes": [{"SourceIdType": "S3ETag", "Value": "abc"}]}
    arn = sagemaker.create_artifact(Source=source, ArtifactType="DataSet", Properties={"a": "1"})["ArtifactArn"]
    code, message = error(sagemaker.create_artifact, Source=source, ArtifactType="Other")
    assert code == "ValidationException"
    assert "already exists" in message
    assert artifact(sagemaker, source["SourceUri"], "DataSet") != arn
    found = sagemaker.list_artifacts(SourceUri=source["SourceUri"])["ArtifactSummaries"]
    assert {item["ArtifactArn"] for item in found} > {arn}
    assert len(found) == 2

    sagemaker.update_artifact(ArtifactArn=arn, ArtifactName="named", Properties={"b": "2"})
    described = sagemaker.describe_artifact(ArtifactArn=arn)
    assert described["Source"] == source
    assert (described["ArtifactName"], described["Properties"]) == ("named", {"b": "2"})
    assert described["LineageGroupArn"].endswith(":lineage-group/sagemaker-default-lineage-group")

    assert sagemaker.delete_artifact(Source=source)["ArtifactArn"] == arn
    assert error(sagemaker.describe_artifact, ArtifactArn=arn)[0] == "ResourceNotFound"
    assert error(sagemaker.delete_artifact) == (
        "ValidationException",
        "Either ArtifactArn or Source must be specified.",
    )


def test_artifacts_list_by_type_and_time_and_carry_tags(sagemaker: Any, unique: str) -> None:
    kind = f"kind-{unique}"
    made = [artifact(sagemaker, f"s3://{unique}/{n}", kind, Tags=[{"Key": "n", "Value": str(n)}]) for n in range(3)]
    listed = sagemaker.list_artifacts(ArtifactType=kind, SortOrder="Ascending")["ArtifactSummaries"]
    assert [item["ArtifactArn"] for item in listed] == made
    assert sagemaker.list_artifacts(ArtifactType=kind, CreatedBefore=1)["ArtifactSummaries"] == []
    assert sagemaker.list_tags(ResourceArn=made[1])["Tags"] == [{"Key": "n", "Value": "1"}]


def test_associations_are_listed_by_every_member(graph: Graph, sagemaker: Any) -> None:
    (found,) = sagemaker.list_associations(SourceArn=graph.component)["AssociationSummaries"]
    assert found.pop("CreationTime")
    assert found == {
        "SourceArn": graph.component,
        "DestinationArn": graph.model,
        "SourceType": "SageMakerExperimentTrialComponent",
        "DestinationType": "Model",
        "AssociationType": "Produced",
        "SourceName": graph.component.rpartition("/")[2],
        "DestinationName": sagemaker.describe_artifact(ArtifactArn=graph.model)["ArtifactName"],
        "CreatedBy": {},
    }

    def sources(**filters: Any) -> list[str]:
        answer = sagemaker.list_associations(**filters)
        return [item["SourceArn"] for item in answer["AssociationSummaries"]]

    assert sources(DestinationArn=graph.component) == [graph.dataset]
    assert sources(SourceArn=graph.model, DestinationType="ModelDeployment") == [graph.model]
    assert sources(SourceArn=graph.model, DestinationType="Model") == []
    assert sources(SourceType="DataSet", DestinationArn=graph.dataset) == [graph.old]
    assert sources(DestinationArn=graph.dataset, AssociationType="Produced") == []
    assert sources(DestinationArn=graph.dataset, CreatedBefore=1) == []


@pytest.mark.parametrize("sort", ["SourceArn", "DestinationArn", "SourceType", "DestinationType", "CreationTime"])
def test_associations_page_in_every_order(graph: Graph, sagemaker: Any, unique: str, sort: str) -> None:
    others = [artifact(sagemaker, f"s3://{unique}/{n}", f"kind{n % 3}") for n in range(7)]
    for other in others:
        link(sagemaker, other, graph.component, "ContributedTo")
    pages = sagemaker.get_paginator("list_associations").paginate(
        DestinationArn=graph.component, SortBy=sort, SortOrder="Ascending", PaginationConfig={"PageSize": 3}
    )
    found = [item for page in pages for item in page["AssociationSummaries"]]
    assert sorted(item["SourceArn"] for item in found) == sorted([graph.dataset, *others])
    assert [item[sort] for item in found] == sorted(item[sort] for item in found)
    assert error(sagemaker.list_associations, NextToken="nonsense")[0] == "ValidationException"


def test_an_association_exists_once_between_what_exists(graph: Graph, sagemaker: Any) -> None:
    pair = {"SourceArn": graph.dataset, "DestinationArn": graph.component}
    code, message = error(sagemaker.add_association, **pair)
    assert code == "ValidationException"
    assert "already exists" in message
    nowhere = graph.dataset[:-4] + "0000"
    assert error(sagemaker.add_association, SourceArn=nowhere, DestinationArn=graph.model)[0] == "ResourceNotFound"
    assert sagemaker.delete_association(**pair)["SourceArn"] == graph.dataset
    assert error(sagemaker.delete_association, **pair)[0] == "ResourceNotFound"


def test_what_has_associations_is_not_deleted(graph: Graph, sagemaker: Any) -> None:
    for call, params in (
        (sagemaker.delete_artifact, {"ArtifactArn": graph.model}),
        (sagemaker.delete_action, {"ActionName": graph.deploy.rpartition("/")[2]}),
        (sagemaker.delete_context, {"ContextName": graph.endpoint.rpartition("/")[2]}),
    ):
        code, message = error(call, **params)
        assert code == "ValidationException"
        assert "associations" in message
    sagemaker.delete_trial_component(TrialComponentName=graph.component.rpartition("/")[2])
    assert sagemaker.list_associations(DestinationArn=graph.model)["AssociationSummaries"] == []


def test_queries_follow_the_direction(graph: Graph) -> None:
    below = [graph.model, graph.deploy, graph.endpoint]
    above = [graph.dataset, graph.old]
    assert graph.arns(graph.component, Direction="Descendants") == below
    assert graph.arns(graph.component, Direction="Ascendants") == above
    assert sorted(graph.arns(graph.component)) == sorted(above + below)
    assert graph.arns(graph.component, Direction="Descendants", MaxDepth=1) == [graph.model]
    assert graph.query(graph.component)["Edges"] == []
    nowhere = graph.dataset[:-4] + "0000"
    assert error(graph.sagemaker.query_lineage, StartArns=[nowhere])[0] == "ResourceNotFound"


def test_query_filters_choose_but_do_not_stop_the_walk(graph: Graph) -> None:
    def found(**filters: Any) -> list[str]:
        return graph.arns(graph.old, Direction="Descendants", Filters=filters)

    assert found(Types=["Model"]) == [graph.model]
    assert found(Types=["Endpoint", "DataSet"]) == [graph.dataset, graph.endpoint]
    assert found(LineageTypes=["TrialComponent"]) == [graph.component]
    assert found(LineageTypes=["Artifact"], Types=["Endpoint"]) == []
    assert found(Properties={"rows": "10", "columns": "3"}) == [graph.dataset]
    assert found(CreatedBefore=1) == []
    assert len(found(CreatedAfter=1, ModifiedAfter=1)) == 5
    assert found(ModifiedBefore=1) == []


def test_edges_lead_from_the_start_to_what_was_chosen(graph: Graph) -> None:
    answer = graph.query(
        graph.dataset, Direction="Descendants", IncludeEdges=True, Filters={"LineageTypes": ["Artifact"]}
    )
    assert answer["Vertices"] == [
        {"Arn": graph.dataset, "Type": "DataSet", "LineageType": "Artifact"},
        {"Arn": graph.component, "Type": "ExperimentTrialComponent", "LineageType": "TrialComponent"},
        {"Arn": graph.model, "Type": "Model", "LineageType": "Artifact"},
    ]
    assert answer["Edges"] == [
        {"SourceArn": graph.dataset, "DestinationArn": graph.component, "AssociationType": "ContributedTo"},
        {"SourceArn": graph.component, "DestinationArn": graph.model, "AssociationType": "Produced"},
    ]
    assert len(graph.query(graph.dataset, IncludeEdges=True)["Edges"]) == 5


def test_query_pages_and_loops_end(graph: Graph) -> None:
    link(graph.sagemaker, graph.model, graph.old, "DerivedFrom")
    answers = list(paged(graph))
    vertices = [vertex["Arn"] for answer in answers for vertex in answer["Vertices"]]
    assert len(vertices) == len(set(vertices)) == 6
    assert sum(len(answer["Edges"]) for answer in answers) == 6


def paged(graph: Graph) -> Any:
    token: dict[str, str] = {}
    while True:
        answer = graph.query(graph.old, Direction="Descendants", IncludeEdges=True, MaxResults=2, **token)
        yield answer
        if "NextToken" not in answer:
            return
        token = {"NextToken": answer["NextToken"]}


def test_the_default_group(sagemaker: Any) -> None:
    name = "sagemaker-default-lineage-group"
    described = sagemaker.describe_lineage_group(LineageGroupName=name)
    (listed,) = sagemaker.list_lineage_groups()["LineageGroupSummaries"]
    assert described["LineageGroupArn"] == listed["LineageGroupArn"]
    assert error(sagemaker.describe_lineage_group, LineageGroupName="other")[0] == "ResourceNotFound"
    assert error(sagemaker.get_lineage_group_policy, LineageGroupName=name)[0] == "ResourceNotFound"
