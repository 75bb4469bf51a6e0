"""Wrong inputs for every operation: each is told with an AWS 4xx or taken, and none is a crash."""

from __future__ import annotations

import dataclasses
import io
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
import pytest
from wire_samples import OWNED, Variant, operations, sample, sent

from emulator.aws import detect, model
from emulator.aws.http import Request
from emulator.aws.parse import parse
from emulator.aws.validate import validate
from emulator.errors import ServiceError

JSON_VALUES: list[Any] = [None, 5, -(1 << 70), 1.5, 1e300, "x", "", "\u0000", True, [], [None], [[]], {}, {"a": None}]
JSON_VALUES += [{"a": [{"b": 1}]}, "x" * 10_000]
TEXTS = [
    "",
    "x",
    "-1",
    "99999999999999999999999",
    "true",
    "NaN",
    "\u00ff\u00fe",
    "2020-13-45T99:99:99Z",
    ",",
    '"',
    "1e999",
]
BODIES = [
    b"",
    b"<",
    b"<a/>",
    b"text",
    b"{}",
    b"\xff\xfe",
    b"<a><b></a></b>",
    b'<?xml version="1.0" encoding="utf-99"?><a/>',
]


def refusal(service: str, operation: str, request: Request) -> ServiceError | None:
    try:
        labels = detect.detect(request).labels
        validate(service, operation, parse(service, operation, request, labels))
    except ServiceError as error:
        return error
    return None


def survives(service: str, operation: str, request: Request) -> None:
    """Parsing and checking ends well or in a ServiceError that blames the client."""
    error = refusal(service, operation, request)
    assert error is None or (400 <= error.status < 500 and error.code and error.message)


def replaced(request: Request, **changes: Any) -> Request:
    """A copy of a request without what was cached on it."""
    names = {field.name for field in dataclasses.fields(Request)}
    return Request(**({name: value for name, value in vars(request).items() if name in names} | changes))


def json_operations() -> list[tuple[str, str]]:
    return [pair for pair in operations() if model.service(pair[0]).protocol in {"json", "rest-json"}]


@pytest.mark.parametrize(("service", "operation"), json_operations())
def test_json_members_of_every_wrong_kind(service: str, operation: str) -> None:
    shape = model.service(service).operation(operation).input_shape
    request = sent(service, operation, sample(shape, Variant(every=True)))
    for name in shape.members:
        for value in JSON_VALUES:
            survives(service, operation, replaced(request, body=io.BytesIO(orjson.dumps({name: _wide(value)}))))
    for body in (b"null", b"[]", b'"x"', b"5", *BODIES):
        survives(service, operation, replaced(request, body=io.BytesIO(body)))


def _wide(value: Any) -> Any:
    return float(value) if isinstance(value, int) and abs(value) >= 1 << 63 else value


@pytest.mark.parametrize(("service", "operation"), [pair for pair in operations() if pair[0] == "s3"])
def test_s3_headers_queries_and_bodies_of_every_wrong_kind(service: str, operation: str) -> None:
    shape = model.service(service).operation(operation).input_shape
    request = sent(service, operation, sample(shape, Variant(every=True)) if shape else {})
    for text in TEXTS:
        for name in request.headers.keys() - {"authorization"}:
            survives(service, operation, replaced(request, headers={**request.headers, name: text}))
        for name in request.query:
            changed = {**request.query, name: [text]}
            survives(service, operation, replaced(request, query_string=urlencode(changed, doseq=True)))
    for body in BODIES:
        survives(service, operation, replaced(request, body=io.BytesIO(body)))


@pytest.mark.parametrize(("service", "operation"), [pair for pair in operations() if pair[0] in {"sts", "iam"}])
def test_form_fields_of_every_wrong_kind(service: str, operation: str) -> None:
    shape = model.service(service).operation(operation).input_shape
    request = sent(service, operation, sample(shape, Variant(every=True)) if shape else {})
    fields = dict(parse_qsl(request.data.decode(), keep_blank_values=True))
    for name in fields.keys() - {"Action"}:
        for text in TEXTS:
            body = urlencode({**fields, name: text, f"{name}.x": text, f"{name}.member.-1": text})
            survives(service, operation, replaced(request, body=io.BytesIO(body.encode())))


@pytest.mark.parametrize("service", OWNED)
def test_deep_json_is_refused_or_taken(service: str) -> None:
    operation = sorted(model.service(service).operation_names)[0]
    shape = model.service(service).operation(operation).input_shape
    request = sent(service, operation, sample(shape, Variant(every=True)) if shape else {})
    for deep in (b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"<a>" * 50_000):
        survives(service, operation, replaced(request, body=io.BytesIO(deep)))
