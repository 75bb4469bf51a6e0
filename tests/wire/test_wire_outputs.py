"""Every operation's output: we serialize, botocore parses to the same; event streams frame by frame."""

from __future__ import annotations

import pytest
from wire_samples import Variant, operations, plain, received, sample, with_payload

from emulator.aws import model, serialize


@pytest.mark.parametrize(("service", "operation"), operations())
@pytest.mark.parametrize("every", [False, True], ids=["required", "every"])
def test_we_serialize_and_botocore_parses_the_same(service: str, operation: str, every: bool) -> None:
    shape = model.service(service).operation(operation).output_shape
    variant = Variant(every, milliseconds=True)
    output = plain(with_payload(shape, sample(shape, variant), variant)) if shape else {}
    stream = shape.event_stream_name if shape else None
    events = []
    if stream:
        members = shape.members[stream].members
        events = [
            {name: plain(sample(member, Variant(every=True)))}
            for name, member in members.items()
            if not _raised(member)
        ]
        output[stream] = iter(events)
    projected = serialize.project(service, operation, {**output, "_private": 1, "Unknown": 2})
    parsed = received(service, operation, serialize.response(service, operation, projected, "request-id"))
    if stream:
        assert [plain(event) for event in parsed.pop(stream)] == events
        output.pop(stream)
    if operation == "GetBucketLocation":
        output = {}  # its root element is the value; botocore's client reads it (test_wire_client)
    made_up = {"ContentType", "Metadata"} - output.keys()  # a header every answer has; a map that is never absent
    assert {name: value for name, value in plain(parsed).items() if name not in made_up} == output


def _raised(member: object) -> bool:
    return bool(member.metadata.get("exception"))  # type: ignore[attr-defined]
