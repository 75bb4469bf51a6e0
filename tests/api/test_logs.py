"""CloudWatch Logs as the SageMaker SDKs use it: tokens, order, pages, errors."""

from __future__ import annotations

import os
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client


@pytest.fixture(scope="module")
def logs(client: Client) -> Any:
    return client("logs")


@pytest.fixture
def place(logs: Any) -> dict[str, str]:
    found = {"logGroupName": f"/test/{os.urandom(4).hex()}", "logStreamName": "job/algo-1-1700000000"}
    logs.create_log_group(logGroupName=found["logGroupName"])
    logs.create_log_stream(**found)
    return found


def put(logs: Any, place: dict[str, str], *events: tuple[int, str]) -> None:
    logs.put_log_events(**place, logEvents=[{"timestamp": time, "message": text} for time, text in events])


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def refused(function: Any, code: str, message: str = "", **params: Any) -> None:
    with pytest.raises(ClientError) as caught:
        function(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_what_is_not_there(logs: Any, place: dict[str, str]) -> None:
    group, stream = "The specified log group does not exist.", "The specified log stream does not exist."
    none = {"logGroupName": "/none", "logStreamName": "none"}
    code = "ResourceNotFoundException"
    refused(logs.describe_log_streams, code, group, logGroupName="/none")
    refused(logs.get_log_events, code, group, **none)
    refused(logs.get_log_events, code, stream, **place | {"logStreamName": "none"})
    refused(logs.filter_log_events, code, group, logGroupName="/none")
    refused(logs.create_log_stream, code, group, **none)
    refused(logs.create_log_group, "ResourceAlreadyExistsException", logGroupName=place["logGroupName"])
    refused(logs.create_log_stream, "ResourceAlreadyExistsException", **place)
    refused(logs.get_log_events, "InvalidParameterException", **place, nextToken="f/no")


def test_a_group_by_its_arn_is_the_callers_own(logs: Any, place: dict[str, str]) -> None:
    put(logs, place, (1000, "a"))
    (found,) = logs.describe_log_groups(logGroupNamePrefix=place["logGroupName"])["logGroups"]
    stream = {"logStreamName": place["logStreamName"]}
    for own in (found["logGroupArn"], place["logGroupName"]):
        assert messages(logs.get_log_events(**stream, logGroupIdentifier=own)) == ["a"]
    for mine, other in (("us-east-1", "eu-west-1"), ("123456789012", "210987654321")):
        foreign = found["logGroupArn"].replace(mine, other)
        refused(logs.get_log_events, "ResourceNotFoundException", **stream, logGroupIdentifier=foreign)
        refused(logs.filter_log_events, "ResourceNotFoundException", logGroupIdentifier=foreign)


def test_reading_forward_ends_with_an_empty_page_and_a_token_that_stays_good(logs: Any, place: dict[str, str]) -> None:
    put(logs, place, (1000, "a"), (1000, "b"), (2000, "c\nd"))
    first = logs.get_log_events(**place, startFromHead=True, limit=2)
    assert messages(first) == ["a", "b"]
    second = logs.get_log_events(**place, startFromHead=True, nextToken=first["nextForwardToken"])
    assert messages(second) == ["c\nd"]
    end = logs.get_log_events(**place, startFromHead=True, nextToken=second["nextForwardToken"])
    assert end["events"] == []
    assert end["nextForwardToken"] == second["nextForwardToken"]
    put(logs, place, (2000, "e"), (3000, "f"))
    later = logs.get_log_events(**place, startFromHead=True, nextToken=end["nextForwardToken"])
    assert messages(later) == ["e", "f"]
    back = logs.get_log_events(**place, nextToken=later["nextBackwardToken"], limit=2)
    assert messages(back) == ["b", "c\nd"]


def test_the_tail_is_the_default_and_times_bound_it(logs: Any, place: dict[str, str]) -> None:
    put(logs, place, *((1000 + number, f"line {number}") for number in range(50)))
    assert messages(logs.get_log_events(**place, limit=2)) == ["line 48", "line 49"]
    bound = logs.get_log_events(**place, startTime=1010, endTime=1012, startFromHead=True)
    assert messages(bound) == ["line 10", "line 11"]
    empty = logs.get_log_events(**place, startTime=5000, startFromHead=True)
    assert empty["events"] == []
    assert empty["nextForwardToken"]


def test_streams_have_a_token_only_when_there_are_more(logs: Any, place: dict[str, str]) -> None:
    group = place["logGroupName"]
    for number in range(4):
        logs.create_log_stream(logGroupName=group, logStreamName=f"job/algo-{number + 2}-1")
    ask = {"logGroupName": group, "logStreamNamePrefix": "job/", "orderBy": "LogStreamName"}
    exact = logs.describe_log_streams(**ask, limit=5)
    assert len(exact["logStreams"]) == 5
    assert "nextToken" not in exact
    some = logs.describe_log_streams(**ask, limit=3)
    assert len(some["logStreams"]) == 3
    rest = logs.describe_log_streams(**ask, limit=3, nextToken=some["nextToken"])
    assert len(rest["logStreams"]) == 2
    assert "nextToken" not in rest
    assert logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="other")["logStreams"] == []


def test_a_stream_tells_of_its_events(logs: Any, place: dict[str, str]) -> None:
    put(logs, place, (1000, "a"), (2000, "b"))
    (told,) = logs.describe_log_streams(logGroupName=place["logGroupName"])["logStreams"]
    assert (told["firstEventTimestamp"], told["lastEventTimestamp"]) == (1000, 2000)
    assert told["arn"].endswith(f":log-group:{place['logGroupName']}:log-stream:{place['logStreamName']}")


def test_filtering_over_streams(logs: Any, place: dict[str, str]) -> None:
    group = place["logGroupName"]
    other = place | {"logStreamName": "other"}
    logs.create_log_stream(**other)
    put(logs, place, (1000, "one error"), (3000, "three"))
    put(logs, other, (2000, "two error"), (4000, "four warn"))
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 3})
    found = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in found] == ["one error", "two error", "three", "four warn"]

    def matching(pattern: str, **more: Any) -> list[str]:
        return messages(logs.filter_log_events(logGroupName=group, filterPattern=pattern, **more))

    assert matching("error") == ["one error", "two error"]
    assert matching('"two error"') == ["two error"]
    assert matching("?one ?warn") == ["one error", "four warn"]
    assert matching("-error") == ["three", "four warn"]
    assert matching("error", logStreamNamePrefix="other") == ["two error"]
    assert matching("", startTime=2000, endTime=3000) == ["two error", "three"]


def test_groups_retention_and_deleting(logs: Any, place: dict[str, str]) -> None:
    group = place["logGroupName"]
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    (told,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert (told["logGroupName"], told["retentionInDays"]) == (group, 7)
    logs.delete_log_stream(**place)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    logs.delete_log_group(logGroupName=group)
    refused(logs.delete_log_group, "ResourceNotFoundException", logGroupName=group)


def test_events_must_be_in_order(logs: Any, place: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="chronological"):
        put(logs, place, (2, "b"), (1, "a"))
