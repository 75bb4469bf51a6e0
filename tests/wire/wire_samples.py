"""Values made from the model, and botocore's own serializer and parser to send them through.

``sample(shape, Variant)`` is a params dict as a client would pass it; ``plain(value)`` is the same in our conventions
(times as epoch seconds, bytes for streams), so that both sides can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.aws import http, model
from emulator.aws.http import Request, Response
from tests import raw_calls

OWNED = (
    "sagemaker",
    "sagemaker-runtime",
    "sagemaker-metrics",
    "sagemaker-featurestore-runtime",
    "sagemaker-a2i-runtime",
    "s3",
    "logs",
    "sts",
    "iam",
)
# Two members of their shapes (Event, Events) share one element, and their requests mean the ...Configuration ones.
UNREACHABLE = {"GetBucketNotification", "PutBucketNotification"}
MOMENT = 1_700_000_000
HEADER_TEXT = "plain text; with=signs"
BODY_TEXT = 'tab\tline\nquote" amp& less< more> ünïcödé \U0001f600 100%+/?#'


@dataclass(frozen=True)
class Variant:
    """What to put in: ``every`` member or the required ones only; milliseconds only where the wire can carry them."""

    every: bool
    milliseconds: bool = False


def operations() -> list[tuple[str, str]]:
    return [
        (service, name)
        for service in OWNED
        for name in sorted(model.service(service).operation_names)
        if name not in UNREACHABLE
    ]


def sample(shape: Any, variant: Variant, within: tuple[str, ...] = (), place: str = "body") -> Any:
    """A value of a shape; a shape is put inside itself once."""
    place = shape.serialization.get("location", place)
    if shape.type_name == "structure":
        return _structure(shape, variant, (*within, shape.name), place)
    if shape.type_name == "list":
        return [sample(shape.member, variant, (*within, shape.name), place)]
    if shape.type_name == "map":
        key = "lower-key" if place == "headers" else "Key 1/é"
        return {key: sample(shape.value, variant, (*within, shape.name), place)}
    return _scalar(shape, variant, place)


def _structure(shape: Any, variant: Variant, within: tuple[str, ...], place: str) -> dict[str, Any]:
    names = list(shape.members) if variant.every else list(shape.required_members)
    if shape.is_tagged_union:
        names = [next(name for name in shape.members if shape.members[name].name not in within)]
    return {
        name: sample(shape.members[name], variant, within, place)
        for name in names
        if within.count(shape.members[name].name) < 2 and not _too_deep(shape.members[name], within)
    }


def _too_deep(shape: Any, within: tuple[str, ...]) -> bool:
    return shape.type_name == "list" and within.count(shape.member.name) > 1


def _scalar(shape: Any, variant: Variant, place: str) -> Any:
    kind = shape.type_name
    if kind == "timestamp":
        fine = variant.milliseconds and place == "body"
        return datetime.fromtimestamp(MOMENT + (0.25 if fine else 0), UTC)
    if kind == "string" and shape.metadata.get("enum"):
        return shape.metadata["enum"][-1]
    values: dict[str, Any] = {"boolean": True, "integer": 7, "long": 1 << 40, "float": 1.5, "double": 0.125}
    values["blob"] = b"\x00\xffbytes"
    if shape.serialization.get("hostLabel"):
        return "route-1"
    values["string"] = {"body": BODY_TEXT, "uri": "Name_1.a-b", "querystring": BODY_TEXT}.get(place, HEADER_TEXT)
    return values[kind]


def with_payload(shape: Any, params: dict[str, Any], variant: Variant) -> dict[str, Any]:
    """A REST answer always has its payload: botocore makes an empty one where it is missing."""
    payload = shape.serialization.get("payload")
    if payload and payload not in params:
        return {**params, payload: sample(shape.members[payload], variant)}
    return params


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return value.read() if hasattr(value, "read") else value


def sent(service: str, operation: str, params: dict[str, Any]) -> Request:
    """The request botocore's serializer makes, as a server gets it."""
    environ = raw_calls.environ(service, operation, params, "eu-west-1")
    return http.request(environ, environ["wsgi.input"])


def received(service: str, operation: str, answer: Response) -> dict[str, Any]:
    """What botocore's parser makes of an answer."""
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)  # type: ignore[arg-type]
    return raw_calls.received(service, operation, answer.status, answer.headers, body)
