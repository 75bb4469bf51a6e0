"""Lists of what is no record of its own: aliases, associations, parameters, feature records, stages and devices."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from stories import ROLE, World, name
from stories_told import FAIL, FEATURES, record

from emulator.app import App
from emulator.config import Settings
from tests import raw_calls


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    app = App(Settings(data_dir=tmp_path_factory.mktemp("slices"), executor="process", hold=False, pace=0))
    yield World(app)
    app.close()


def paged(world: World, operation: str, items: str, service: str = "sagemaker", **which: Any) -> list[Any]:
    """All of a list, in pages of two, each full but the last; a token of nobody's is refused."""
    found, token = [], {}
    while True:
        answer = world(operation, service, **which, MaxResults=2, **token)
        found += answer[items]
        if "NextToken" not in answer:
            break
        assert len(answer[items]) == 2
        token = {"NextToken": answer["NextToken"]}
    assert world(operation, service, **which, MaxResults=10)[items] == found
    for bad in ("bogus", "W10="):
        status, refused = raw_calls.ask(world.app, service, operation, {**which, "NextToken": bad})
        code = refused["Error"]["Code"]
        assert (status, code) == (400, "ValidationError" if service == FEATURES else "ValidationException")
    return found


def test_aliases(world: World) -> None:
    image = world.make("Image").which
    world("CreateImageVersion", **image, Aliases=["a", "b", "c"])
    world("CreateImageVersion", **image, Aliases=["d", "e"])
    items = "SageMakerImageVersionAliases"
    assert sorted(paged(world, "ListAliases", items, **image)) == ["a", "b", "c", "d", "e"]
    assert sorted(paged(world, "ListAliases", items, **image, Version=2)) == ["d", "e"]
    assert paged(world, "ListAliases", items, **image, Alias="b") == ["b"]
    first = world("ListAliases", **image, MaxResults=2)
    gone = first[items][-1]
    version = 1 if gone in "abc" else 2
    world("UpdateImageVersion", **image, Version=version, AliasesToDelete=[gone], AliasesToAdd=["f"])
    rest = world("ListAliases", **image, NextToken=first["NextToken"])[items]
    assert set("abcde") - {*first[items], *rest} == set()


def test_parameters_of_an_execution(world: World) -> None:
    parameters = [{"Name": letter, "Type": "String", "DefaultValue": letter} for letter in "abcde"]
    definition = json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": parameters, "Steps": [FAIL]})
    pipeline = name("Pipeline")
    world("CreatePipeline", PipelineName=pipeline, PipelineDefinition=definition, RoleArn=ROLE)
    arn = world("StartPipelineExecution", PipelineName=pipeline)["PipelineExecutionArn"]
    found = paged(world, "ListPipelineParametersForExecution", "PipelineParameters", PipelineExecutionArn=arn)
    assert found == [{"Name": letter, "Value": letter} for letter in "abcde"]


def test_records_of_a_feature_group(world: World) -> None:
    group = world.make("FeatureGroup").which
    for number in range(1, 6):
        world("PutRecord", FEATURES, **group, Record=record(number))
    deleted = {**group, "RecordIdentifierValueAsString": "2", "DeletionMode": "SoftDelete"}
    world("DeleteRecord", FEATURES, **deleted, EventTime=record(2)[1]["ValueAsString"])
    assert paged(world, "ListRecords", "RecordIdentifiers", FEATURES, **group) == ["1", "3", "4", "5"]
    every = paged(world, "ListRecords", "RecordIdentifiers", FEATURES, **group, IncludeSoftDeletedRecords=True)
    assert every == ["1", "2", "3", "4", "5"]


def test_devices_and_stages_of_a_plan(world: World) -> None:
    plan = world.make("EdgeDeploymentPlan")
    devices = [{"DeviceName": f"device-{number}"} for number in range(5)]
    world("RegisterDevices", DeviceFleetName=plan.params["DeviceFleetName"], Devices=devices)
    chosen = {"DeviceSubsetType": "PERCENTAGE", "Percentage": 100}
    stages = [{"StageName": f"stage-{number}", "DeviceSelectionConfig": chosen} for number in range(3)]
    world("CreateEdgeDeploymentStage", **plan.which, Stages=stages)
    found = paged(world, "ListStageDevices", "DeviceDeploymentSummaries", **plan.which, StageName="stage-1")
    assert [one["DeviceName"] for one in found] == [f"device-{number}" for number in range(5)]
    found = paged(world, "DescribeEdgeDeploymentPlan", "Stages", **plan.which)
    assert [one["StageName"] for one in found] == [f"stage-{number}" for number in range(3)]


def test_catalogs(world: World) -> None:
    (catalog,) = paged(world, "ListResourceCatalogs", "ResourceCatalogs")
    moment = catalog["CreationTime"].timestamp()
    for member, other, none in (
        ("NameContains", catalog["ResourceCatalogName"][1:], "nowhere"),
        ("CreationTimeAfter", moment - 1, moment + 1),
        ("CreationTimeBefore", moment + 1, moment - 1),
    ):
        assert world("ListResourceCatalogs", **{member: other})["ResourceCatalogs"] == [catalog], member
        assert world("ListResourceCatalogs", **{member: none})["ResourceCatalogs"] == [], member


EDGES = (("a", "b"), ("a", "c"), ("b", "c"), ("c", "d"), ("b", "d"))
TYPES = ("Produced", "ContributedTo")


@pytest.fixture(scope="module")
def nodes(world: World) -> dict[str, str]:
    """ARNs of an action, two artifacts and a context, and five associations between them."""
    kinds = {"a": "Action", "b": "Artifact", "c": "Artifact", "d": "Context"}
    arns = {node: world.make(kind).created[f"{kind}Arn"] for node, kind in kinds.items()}
    for number, (source, destination) in enumerate(EDGES):
        ends = {"SourceArn": arns[source], "DestinationArn": arns[destination]}
        world("AddAssociation", **ends, AssociationType=TYPES[number % 2])
        time.sleep(0.005)  # no two at the same time
    return arns


def edges(world: World, nodes: dict[str, str], **params: Any) -> list[tuple[str, str]]:
    """The associations of a list, by the letters of their ends."""
    letters = {arn: node for node, arn in nodes.items()}
    found = paged(world, "ListAssociations", "AssociationSummaries", **params)
    return [(letters[edge["SourceArn"]], letters[edge["DestinationArn"]]) for edge in found]


def test_associations_are_filtered(world: World, nodes: dict[str, str]) -> None:
    for node, arn in nodes.items():
        for member, end in (("SourceArn", 0), ("DestinationArn", 1)):
            wanted = [edge for edge in EDGES if edge[end] == node]
            assert sorted(edges(world, nodes, **{member: arn})) == sorted(wanted)
    for number, kind in enumerate(TYPES):
        assert sorted(edges(world, nodes, AssociationType=kind)) == sorted(EDGES[number::2])
    listed = world("ListAssociations", MaxResults=100)["AssociationSummaries"]
    for member in ("SourceType", "DestinationType"):
        for kind in {edge[member] for edge in listed}:
            wanted = [edge for edge in listed if edge[member] == kind]
            assert paged(world, "ListAssociations", "AssociationSummaries", **{member: kind}) == wanted
    middle = sorted(edge["CreationTime"].timestamp() for edge in listed)[2]
    before = world("ListAssociations", CreatedBefore=middle)["AssociationSummaries"]
    after = world("ListAssociations", CreatedAfter=middle)["AssociationSummaries"]
    assert all(edge["CreationTime"].timestamp() < middle for edge in before)
    assert all(edge["CreationTime"].timestamp() > middle for edge in after)
    assert before
    assert after


def test_associations_are_sorted(world: World, nodes: dict[str, str]) -> None:
    sorts = ("SourceArn", "DestinationArn", "SourceType", "DestinationType", "CreationTime")
    for member, direction in itertools.product(sorts, ("Ascending", "Descending")):
        params = {"SortBy": member, "SortOrder": direction}
        values = [edge[member] for edge in paged(world, "ListAssociations", "AssociationSummaries", **params)]
        assert len(values) == len(EDGES)
        assert values == sorted(values, reverse=direction == "Descending"), params
