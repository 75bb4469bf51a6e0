"""Every operation's input: botocore serializes, we find the operation and parse to the same params."""

from __future__ import annotations

import pytest
from wire_samples import Variant, operations, plain, sample, sent

from emulator.aws import detect, model
from emulator.aws.parse import parse

# The model has two operations for one request; the newer one is meant.
SAME_REQUEST = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "ListDirectoryBuckets": "ListBuckets",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
}


@pytest.mark.parametrize(("service", "operation"), operations())
@pytest.mark.parametrize("variant", [Variant(every=False), Variant(every=True)], ids=["required", "every"])
def test_botocore_serializes_and_we_parse_the_same(service: str, operation: str, variant: Variant) -> None:
    shape = model.service(service).operation(operation).input_shape
    params = sample(shape, variant) if shape else {}
    request = sent(service, operation, params)
    target = detect.detect(request)
    assert (target.service, target.operation) == (service, SAME_REQUEST.get(operation, operation))
    assert target.region == "eu-west-1"
    if model.service(service).protocol == "query":
        params = {name: value for name, value in params.items() if value != {}}  # a form cannot hold an empty structure
    body = shape.serialization.get("payload") if shape else None
    if body and shape.members[body].serialization.get("streaming"):
        params.setdefault(body, b"")  # a handler always gets a stream to read
    assert plain(parse(service, operation, request, target.labels)) == plain(params)
