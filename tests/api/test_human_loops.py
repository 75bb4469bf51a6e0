"""Human loops of Augmented AI: five operations over a flow definition."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/service-role/Role"
UI = "arn:aws:sagemaker:us-east-1:123456789012:human-task-ui/ui"
TEAM = "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default"
INPUT = {"InputContent": json.dumps({"text": "is this a cat?"})}


@pytest.fixture
def loops(client: Callable[..., Any]) -> Any:
    return client("sagemaker-a2i-runtime")


@pytest.fixture
def flow(client: Callable[..., Any]) -> str:
    """An active flow definition's ARN."""
    sagemaker, name = client("sagemaker"), f"flow-{uuid.uuid4().hex[:8]}"
    ui = sagemaker.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": "<p>{{ task.input }}</p>"})
    arn = sagemaker.create_flow_definition(
        FlowDefinitionName=name,
        RoleArn=ROLE,
        OutputConfig={"S3OutputPath": "s3://bucket/reviews"},
        HumanLoopConfig={
            "WorkteamArn": TEAM,
            "HumanTaskUiArn": ui["HumanTaskUiArn"],
            "TaskTitle": "title",
            "TaskDescription": "description",
            "TaskCount": 1,
            "PublicWorkforceTaskPrice": {"AmountInUsd": {"Cents": 1}},
        },
    )["FlowDefinitionArn"]
    while sagemaker.describe_flow_definition(FlowDefinitionName=name)["FlowDefinitionStatus"] != "Active":
        time.sleep(0.05)
    return str(arn)


def refusal(function: Callable[..., Any], **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        function(**params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_loop_is_started_described_listed_stopped_and_deleted(loops: Any, flow: str) -> None:
    arn = loops.start_human_loop(HumanLoopName="one", FlowDefinitionArn=flow, HumanLoopInput=INPUT)["HumanLoopArn"]
    assert arn.endswith(":human-loop/one")
    answer = loops.describe_human_loop(HumanLoopName="one")
    assert (answer["HumanLoopStatus"], answer["FlowDefinitionArn"]) == ("InProgress", flow)
    assert "HumanLoopOutput" not in answer
    assert refusal(loops.start_human_loop, HumanLoopName="one", FlowDefinitionArn=flow, HumanLoopInput=INPUT) == (
        "ConflictException",
        409,
    )
    loops.stop_human_loop(HumanLoopName="one")
    assert loops.describe_human_loop(HumanLoopName="one")["HumanLoopStatus"] == "Stopped"
    assert refusal(loops.stop_human_loop, HumanLoopName="one") == ("ValidationException", 400)
    loops.delete_human_loop(HumanLoopName="one")
    for gone in (loops.describe_human_loop, loops.stop_human_loop, loops.delete_human_loop):
        assert refusal(gone, HumanLoopName="one") == ("ResourceNotFoundException", 404)


def test_loops_are_listed_by_flow_definition_in_pages(loops: Any, flow: str) -> None:
    names = [f"{flow[-8:]}-{n}" for n in range(5)]
    for name in names:
        loops.start_human_loop(HumanLoopName=name, FlowDefinitionArn=flow, HumanLoopInput=INPUT)
    pages = loops.get_paginator("list_human_loops").paginate(
        FlowDefinitionArn=flow, SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    found = [[summary["HumanLoopName"] for summary in page["HumanLoopSummaries"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]
    assert loops.list_human_loops(FlowDefinitionArn=f"{flow}-other")["HumanLoopSummaries"] == []
    assert refusal(loops.list_human_loops, FlowDefinitionArn=flow, NextToken="bogus") == ("ValidationException", 400)


def test_what_a_loop_needs(loops: Any, flow: str) -> None:
    given: dict[str, Any] = {"HumanLoopName": "two", "FlowDefinitionArn": flow, "HumanLoopInput": INPUT}
    for wrong in ({"FlowDefinitionArn": f"{flow}-no-such"}, {"HumanLoopInput": {"InputContent": "{no json"}}):
        assert refusal(loops.start_human_loop, **given | wrong) == ("ValidationException", 400)
