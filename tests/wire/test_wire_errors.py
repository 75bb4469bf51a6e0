"""Errors, in every protocol, as botocore's parser reads them: code, message, status, modelled fields."""

from __future__ import annotations

from typing import Any

import pytest
from wire_samples import OWNED, Variant, plain, received, sample

from emulator.aws import model, serialize
from emulator.errors import ServiceError

SAMPLE_OPERATION = {
    "sagemaker": "DescribeTrainingJob",
    "sagemaker-runtime": "InvokeEndpoint",
    "sagemaker-metrics": "BatchPutMetrics",
    "sagemaker-featurestore-runtime": "GetRecord",
    "sagemaker-a2i-runtime": "DescribeHumanLoop",
    "s3": "GetObject",
    "logs": "GetLogEvents",
    "sts": "GetCallerIdentity",
    "iam": "GetRole",
}
MESSAGE = 'Could not find <it> & "that": ünï'


def modelled() -> list[tuple[str, str]]:
    return [(name, shape.error_code) for name in OWNED for shape in model.service(name).model.error_shapes]


def answered(service: str, error: ServiceError) -> tuple[int, dict[str, Any]]:
    operation = SAMPLE_OPERATION[service]
    answer = serialize.error(service, error, "01234567-89ab-cdef-0123-456789abcdef")
    return answer.status, received(service, operation, answer)


@pytest.mark.parametrize("service", SAMPLE_OPERATION)
def test_code_message_status_and_request_id(service: str) -> None:
    status, parsed = answered(service, ServiceError("SomethingOdd", MESSAGE, 409))
    assert status == 409
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == ("SomethingOdd", MESSAGE)
    assert parsed["ResponseMetadata"]["RequestId"] in {"01234567-89ab-cdef-0123-456789abcdef", "0123456789ABCDEF"}


@pytest.mark.parametrize(("service", "code"), modelled())
def test_modelled_errors_have_their_status_and_members(service: str, code: str) -> None:
    owner = model.service(service)
    shape = owner.error_shape(code)
    assert shape is not None
    fields = plain(sample(shape, Variant(every=True)))
    message = "the message"
    members = {name: value for name, value in fields.items() if name.lower() != "message"}
    status, parsed = answered(service, ServiceError(code, message, fields=members))
    assert status == shape.metadata.get("error", {}).get("httpStatusCode", 400)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (code, message)
    for name, value in members.items():
        # S3's parser leaves an error's members beside its code.
        assert parsed.get(name, parsed["Error"].get(name)) == value


def test_a_model_error_tells_what_the_container_said() -> None:
    error = ServiceError("ModelError", "Received server error (500)", fields={"OriginalStatusCode": 500})
    status, parsed = answered("sagemaker-runtime", error)
    assert (status, parsed["OriginalStatusCode"]) == (424, 500)


def test_an_explicit_status_wins_over_the_models() -> None:
    assert answered("s3", ServiceError("NoSuchKey", "gone", 410))[0] == 410


def test_sts_and_iam_say_whose_fault_it_was() -> None:
    sender = serialize.error("iam", ServiceError("NoSuchEntity", "no role", 404), "id")
    assert b"<Type>Sender</Type>" in sender.body  # type: ignore[operator]
    assert sender.status == 404
