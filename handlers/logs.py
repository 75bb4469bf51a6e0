"""CloudWatch Logs: groups, streams, events, as the SageMaker SDKs read them (reference: SDK v2 session.py, v3 logs.py).

What a newcomer would get wrong: ``nextToken`` must be absent unless more really exists (SDK v2 repeats the call without
it and prints everything twice); ``nextForwardToken`` must always be there, give an empty page at the end, and stay good
when events are appended later; order within one millisecond must be stable.
"""

from __future__ import annotations

import base64
import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import orjson

from emulator.arns import arn
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError
from emulator.logs import FIRST, Event, Info, Logs, Missing, Position, Stream, latest
from emulator.services import Services
from handlers.logs_filter import matcher

T = TypeVar("T")
PAGE_EVENTS = 10_000
PAGE_BYTES = 1 << 20
EVENT_OVERHEAD = 26  # bytes CloudWatch counts for each event beside its text


@operation("logs", "CreateLogGroup")
def create_log_group(call: Call, services: Services) -> None:
    kept = {name: call.params[name] for name in ("kmsKeyId", "logGroupClass", "tags") if name in call.params}
    if not logs_of(call, services).create_group(call.params["logGroupName"], **kept):
        raise already("group")


@operation("logs", "CreateLogStream")
def create_log_stream(call: Call, services: Services) -> None:
    with_missing(lambda: make_stream(call, logs_of(call, services)))


def make_stream(call: Call, logs: Logs) -> None:
    if not logs.create_stream(call.params["logGroupName"], call.params["logStreamName"]):
        raise already("stream")


@operation("logs", "DeleteLogGroup")
def delete_log_group(call: Call, services: Services) -> None:
    with_missing(lambda: logs_of(call, services).delete_group(call.params["logGroupName"]))


@operation("logs", "DeleteLogStream")
def delete_log_stream(call: Call, services: Services) -> None:
    group, stream = call.params["logGroupName"], call.params["logStreamName"]
    with_missing(lambda: logs_of(call, services).delete_stream(group, stream))


@operation("logs", "PutRetentionPolicy")
def put_retention_policy(call: Call, services: Services) -> None:
    change = {"retentionInDays": call.params["retentionInDays"]}
    with_missing(lambda: logs_of(call, services).change_group(call.params["logGroupName"], change))


@operation("logs", "DeleteRetentionPolicy")
def delete_retention_policy(call: Call, services: Services) -> None:
    with_missing(lambda: logs_of(call, services).change_group(call.params["logGroupName"], {"retentionInDays": None}))


@operation("logs", "PutLogEvents")
def put_log_events(call: Call, services: Services) -> dict[str, Any]:
    events = [(event["timestamp"], event["message"]) for event in call.params["logEvents"]]
    times = [time for time, _ in events]
    if times != sorted(times):
        raise ServiceError(
            "InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order."
        )
    group, stream, logs = call.params["logGroupName"], call.params["logStreamName"], logs_of(call, services)
    with_missing(lambda: logs.stream(group, stream))
    logs.append(group, stream, events)
    return {"nextSequenceToken": f"{times[-1] if times else 0:056d}"}


@operation("logs", "DescribeLogGroups")
def describe_log_groups(call: Call, services: Services) -> dict[str, Any]:
    groups = logs_of(call, services).groups(call.params.get("logGroupNamePrefix", ""))
    pattern = call.params.get("logGroupNamePattern", "")
    chosen = [group for group in groups if pattern.lower() in group["logGroupName"].lower()]
    page, token = cut(chosen, call.params, lambda group: str(group["logGroupName"]))
    return {"logGroups": [group_answer(call, group) for group in page], "nextToken": token}


def group_answer(call: Call, group: dict[str, Any]) -> dict[str, Any]:
    bare = arn(call.scope, f"log-group:{group['logGroupName']}", "logs")
    extra = {"metricFilterCount": 0, "logGroupClass": "STANDARD", "arn": f"{bare}:*", "logGroupArn": bare}
    return {**extra, **group}


@operation("logs", "DescribeLogStreams")
def describe_log_streams(call: Call, services: Services) -> dict[str, Any]:
    name, logs = group_name(call), logs_of(call, services)
    with_missing(lambda: logs.group(name))
    streams = logs.streams(name, call.params.get("logStreamNamePrefix", ""))
    by_time = call.params.get("orderBy") == "LastEventTime"
    if by_time and "logStreamNamePrefix" in call.params:
        raise ServiceError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    if by_time:
        streams = [info.name for info in latest(logs.stream(name, stream).info() for stream in streams)]
    if call.params.get("descending"):
        streams.reverse()
    page, token = cut(streams, call.params, str)
    infos = [logs.stream(name, stream).info() for stream in page]
    return {"logStreams": [stream_answer(call, name, info) for info in infos], "nextToken": token}


def stream_answer(call: Call, group: str, info: Info) -> dict[str, Any]:
    return {
        "logStreamName": info.name,
        "creationTime": info.created,
        "firstEventTimestamp": info.first,
        "lastEventTimestamp": info.last,
        "lastIngestionTime": info.ingested,
        "uploadSequenceToken": f"{info.size:056d}",
        "arn": arn(call.scope, f"log-group:{group}:log-stream:{info.name}", "logs"),
        "storedBytes": 0,
    }


@operation("logs", "GetLogEvents")
def get_log_events(call: Call, services: Services) -> dict[str, Any]:
    stream = with_missing(lambda: logs_of(call, services).stream(group_name(call), call.params["logStreamName"]))
    span = {"start": call.params.get("startTime", 0), "end": call.params.get("endTime")}
    limit = call.params.get("limit", PAGE_EVENTS)
    token = call.params.get("nextToken")
    at = read_position(token)
    forward = token.startswith("f/") if token else bool(call.params.get("startFromHead"))
    if forward:
        page = take(stream.events(**span, after=at), limit)
    else:
        # Before the first event lies nothing; FIRST would mean the end of the stream.
        page = [] if token and at == FIRST else take(stream.events(**span, after=at, reverse=True), limit)[::-1]
    first, last = (page[0].position, page[-1].position) if page else (at, at)
    return {
        "events": [
            {"timestamp": event.time, "message": event.message, "ingestionTime": event.ingested} for event in page
        ],
        "nextForwardToken": f"f/{position_text(last)}",
        "nextBackwardToken": f"b/{position_text(first)}",
    }


@operation("logs", "FilterLogEvents")
def filter_log_events(call: Call, services: Services) -> dict[str, Any]:
    name, logs = group_name(call), logs_of(call, services)
    with_missing(lambda: logs.group(name))
    wanted = call.params.get("logStreamNames")
    streams = logs.streams(name, call.params.get("logStreamNamePrefix", ""))
    chosen = [stream for stream in streams if wanted is None or stream in wanted]
    matches = matcher(call.params.get("filterPattern", ""))
    after = read_token(call.params.get("nextToken"), [0, "", FIRST.offset])
    found = (
        (event.time, stream, event.offset, event)
        for _, stream, _, event in heapq.merge(*(keyed(call, logs.stream(name, stream), after[0]) for stream in chosen))
        if [event.time, stream, event.offset] > after and matches(event.message)
    )
    limit = call.params.get("limit", PAGE_EVENTS)
    page = list(itertools.islice(found, limit + 1))
    token = write_token(list(page[limit - 1][:3])) if len(page) > limit else None
    return {
        "events": [filtered(stream, event) for _, stream, _, event in page[:limit]],
        "searchedLogStreams": [],
        "nextToken": token,
    }


def keyed(call: Call, stream: Stream, least: int) -> Iterator[tuple[int, str, int, Event]]:
    start, end = call.params.get("startTime", 0), call.params.get("endTime")
    # CloudWatch's endTime is exclusive for GetLogEvents and inclusive here.
    for event in stream.events(max(start, least), None if end is None else end + 1):
        yield event.time, stream.name, event.offset, event


def filtered(stream: str, event: Event) -> dict[str, Any]:
    return {
        "logStreamName": stream,
        "timestamp": event.time,
        "message": event.message,
        "ingestionTime": event.ingested,
        "eventId": f"{event.time:020d}{event.offset:020d}",
    }


def take(events: Iterable[Event], limit: int) -> list[Event]:
    """The events of one page: at most ``limit``, and about a megabyte."""
    page: list[Event] = []
    size = 0
    for event in itertools.islice(events, limit):
        size += len(event.message.encode()) + EVENT_OVERHEAD
        if page and size > PAGE_BYTES:
            break
        page.append(event)
    return page


def cut(items: list[T], params: dict[str, Any], name: Callable[[T], str]) -> tuple[list[T], str | None]:
    """One page of described things; the token is there only if more of them are."""
    last = read_token(params.get("nextToken"), None)
    names = [name(item) for item in items]
    begin = names.index(last) + 1 if last in names else 0
    end = begin + params.get("limit", 50)
    return items[begin:end], write_token(names[end - 1]) if end < len(items) else None


def logs_of(call: Call, services: Services) -> Logs:
    """The caller's log groups."""
    return services.logs.of(call.scope.account)


def group_name(call: Call) -> str:
    """The group a call means, by name or by ARN; that of another account or region is not there."""
    name: str | None = call.params.get("logGroupName")
    identifier: str | None = call.params.get("logGroupIdentifier")
    if name is not None:
        return name
    if identifier is None:
        raise ServiceError("InvalidParameterException", "Either logGroupName or logGroupIdentifier must be specified.")
    found = identifier.removeprefix(arn(call.scope, "log-group:", "logs"))
    if found.startswith("arn:"):
        raise ServiceError("ResourceNotFoundException", str(Missing("group")))
    return found


def with_missing(function: Callable[[], T]) -> T:
    """Run; a group or stream that is not there becomes ResourceNotFoundException, in CloudWatch's words."""
    try:
        return function()
    except Missing as error:
        raise ServiceError("ResourceNotFoundException", str(error)) from None


def already(what: str) -> ServiceError:
    return ServiceError("ResourceAlreadyExistsException", f"The specified log {what} already exists")


def position_text(position: Position) -> str:
    """Digits, as CloudWatch's tokens are; both numbers begin at -1."""
    return f"{position.time + 1:028d}{position.offset + 1:028d}"


def read_position(token: str | None) -> Position:
    if token is None:
        return FIRST
    digits = token[2:]
    if token[:2] not in {"f/", "b/"} or len(digits) != 56 or not digits.isdigit():
        raise bad_token()
    return Position(int(digits[:28]) - 1, int(digits[28:]) - 1)


def write_token(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode()


def read_token(token: str | None, default: Any) -> Any:
    if token is None:
        return default
    try:
        value = orjson.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise bad_token() from None
    if default is not None and (not isinstance(value, list) or list(map(type, value)) != list(map(type, default))):
        raise bad_token()
    return value


def bad_token() -> ServiceError:
    return ServiceError("InvalidParameterException", "The specified nextToken is invalid.")
