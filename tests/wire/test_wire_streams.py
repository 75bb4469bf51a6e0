"""Event streams: botocore reads our frames, and an error on the way is one it raises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EventStreamError
from wire_samples import received

from emulator.aws import serialize
from emulator.errors import ServiceError

OPERATION = ("sagemaker-runtime", "InvokeEndpointWithResponseStream")


def events(*parts: bytes, error: ServiceError | None = None) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield {"PayloadPart": {"Bytes": part}}
    if error:
        raise error


def stream(source: Iterator[dict[str, Any]]) -> Any:
    answer = serialize.response(*OPERATION, {"Body": source, "ContentType": "text/plain"}, "id")
    return received(*OPERATION, answer)["Body"]


def test_parts_arrive_in_order() -> None:
    parts = [b"one", b"", b"\x00" * 70_000]
    assert [event["PayloadPart"]["Bytes"] for event in stream(events(*parts))] == parts


@pytest.mark.parametrize("code", ["ModelStreamError", "InternalStreamFailure", "SomethingElse"])
def test_an_error_after_the_first_part_is_raised_by_the_client(code: str) -> None:
    received_events = iter(stream(events(b"one", error=ServiceError(code, "the container died"))))
    assert next(received_events)["PayloadPart"]["Bytes"] == b"one"
    with pytest.raises(EventStreamError, match=rf"\({code}\).*the container died"):
        next(received_events)


def test_a_client_that_leaves_closes_the_handlers_generator() -> None:
    left: list[bool] = []

    def endless() -> Iterator[dict[str, Any]]:
        try:
            while True:
                yield {"PayloadPart": {"Bytes": b"x"}}
        finally:
            left.append(True)

    body = serialize.response(*OPERATION, {"Body": endless()}, "id").body
    next(body)  # type: ignore[arg-type]
    body.close()  # type: ignore[union-attr]
    assert left == [True]
