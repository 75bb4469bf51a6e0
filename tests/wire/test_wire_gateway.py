"""The gateway behind the real HTTP server, spoken to by botocore and, for what no client sends, by raw sockets."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator.aws import serialize, validate
from emulator.aws.call import Call, FileBody
from emulator.errors import ServiceError
from emulator.gateway import Gateway
from emulator.server import Server, bind, port_of

SCOPE = "Authorization: AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-1/{}/aws4_request, Signature=0\r\n"


@dataclass
class Site:
    """A running gateway whose operations are what the test puts into ``answers``; it keeps the calls it got."""

    answers: dict[str, Callable[[Call], dict[str, Any]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    passed: list[bytes] = field(default_factory=list)
    clients: list[Any] = field(default_factory=list)
    port: int = 0

    def run(self, call: Call, _services: Any) -> dict[str, Any]:
        validate.validate(call.service, call.operation, call.params)
        self.calls.append(call)
        output = self.answers.get(call.operation, lambda _call: {})(call)
        return serialize.project(call.service, call.operation, output)

    def passthrough(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.passed.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"passed through"]

    def client(self, service: str, **config: Any) -> Any:
        made = boto3.client(
            service,
            endpoint_url=f"http://localhost:{self.port}",
            region_name="eu-west-1",
            aws_access_key_id="AK",
            aws_secret_access_key="SK",
            config=Config(retries={"total_max_attempts": 1}, **config),
        )
        self.clients.append(made)
        return made

    def raw(self, text: str, body: bytes = b"", shut: bool = False) -> bytes:
        """Send bytes, return all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(text.replace("\n", "\r\n").replace("\r\r", "\r").encode() + body)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    settings = SimpleNamespace(account="123456789012", region="us-east-1")
    server = Server(Gateway(SimpleNamespace(settings=settings), made.passthrough, run=made.run))
    listening = bind("127.0.0.1", 0)
    made.port = port_of(listening)
    server.listen(listening)
    yield made
    for client in made.clients:
        client.close()
    server.stop(10)


def keep_body(site: Site) -> Callable[[Call], dict[str, Any]]:
    def put(call: Call) -> dict[str, Any]:
        site.bodies.append(call.params["Body"].read())
        return {"ETag": '"x"'}

    return put


def test_a_call_has_scope_id_and_params(site: Site) -> None:
    site.answers["DescribeModel"] = lambda call: {"ModelName": call.params["ModelName"], "CreationTime": 1.5, "_own": 1}
    answer = site.client("sagemaker").describe_model(ModelName="m")
    assert answer["ModelName"] == "m"
    assert answer["CreationTime"].timestamp() == 1.5
    assert answer["ResponseMetadata"]["RequestId"] == site.calls[0].request_id
    assert site.calls[0].scope == ("123456789012", "eu-west-1")


def test_bad_input_is_told_in_awss_words(site: Site) -> None:
    with pytest.raises(ClientError) as caught:
        site.client("sagemaker").describe_model(ModelName="bad name")
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "1 validation error detected: Value 'bad name' at 'modelName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert not site.calls


def test_a_bug_is_a_500_that_names_its_log_line(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.answers["DescribeModel"] = lambda _call: {}["missing"]
    with pytest.raises(ClientError) as caught:
        site.client("sagemaker").describe_model(ModelName="m")
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert site.calls[0].request_id in caught.value.response["Error"]["Message"]
    assert site.calls[0].request_id in caplog.text


def test_a_key_of_any_characters_arrives_as_it_was_meant(site: Site) -> None:
    key = "/a//b/../c d+e%2Fé&=?#~*'()\U0001f600"
    site.answers["PutObject"] = keep_body(site)
    site.client("s3").put_object(Bucket="bucket", Key=key, Body=b"0123456789", Metadata={"name": "value"})
    assert site.calls[0].params["Key"] == key
    assert site.calls[0].params["Metadata"] == {"name": "value"}
    assert site.bodies == [b"0123456789"]


def test_a_virtual_host_names_the_bucket(site: Site) -> None:
    site.answers["PutObject"] = keep_body(site)
    text = (
        "PUT /some/key HTTP/1.1\nHost: my.bucket.s3.eu-west-1.amazonaws.com\nConnection: close\nContent-Length: 2\n\n"
    )
    assert site.raw(text, b"ab").startswith(b"HTTP/1.1 200")
    assert (site.calls[0].params["Bucket"], site.calls[0].params["Key"]) == ("my.bucket", "some/key")


def test_head_of_a_missing_key_is_a_404_without_body(site: Site) -> None:
    def missing(_call: Call) -> dict[str, Any]:
        raise ServiceError("NoSuchKey", "The specified key does not exist.")

    site.answers["HeadObject"] = site.answers["GetObject"] = missing
    s3 = site.client("s3")
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket="bucket", Key="k")
    assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == ("404", "Not Found")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="bucket", Key="k")


def test_a_bucket_location_is_the_root_element(site: Site) -> None:
    site.answers["GetBucketLocation"] = lambda _call: {"LocationConstraint": "eu-west-1"}
    assert site.client("s3").get_bucket_location(Bucket="bucket")["LocationConstraint"] == "eu-west-1"


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_a_file_body_is_sent_from_its_offset(site: Site, tmp_path: Path, size: int) -> None:
    path = tmp_path / "object"
    path.write_bytes(b"skip" + b"x" * size + b"rest")
    file = path.open("rb")
    path.unlink()
    site.answers["GetObject"] = lambda _call: {"Body": FileBody(file, 4, size), "ContentLength": size}
    assert site.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == b"x" * size
    deadline = time.monotonic() + 10  # the server closes it after the client has its last byte
    while not file.closed and time.monotonic() < deadline:
        time.sleep(0.01)
    assert file.closed


def test_an_iterator_is_sent_as_it_comes(site: Site) -> None:
    site.answers["GetObject"] = lambda _call: {"Body": iter([b"one", b"two"]), "ContentLength": 6}
    assert site.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == b"onetwo"


def test_head_tells_the_length_of_what_it_does_not_send(site: Site) -> None:
    site.answers["HeadObject"] = lambda _call: {"ContentLength": 123, "ETag": '"x"', "Metadata": {"name": "value"}}
    answer = site.client("s3").head_object(Bucket="bucket", Key="k")
    assert (answer["ContentLength"], answer["Metadata"]) == (123, {"name": "value"})


def test_events_arrive_while_the_handler_still_works(site: Site) -> None:
    seen = threading.Event()

    def answer(_call: Call) -> dict[str, Any]:
        def events() -> Iterator[dict[str, Any]]:
            yield {"PayloadPart": {"Bytes": b"first"}}
            yield {"PayloadPart": {"Bytes": b"seen" if seen.wait(10) else b"the first part did not arrive"}}

        return {"Body": events(), "ContentType": "text/plain"}

    site.answers["InvokeEndpointWithResponseStream"] = answer
    runtime = site.client("sagemaker-runtime")
    stream = iter(runtime.invoke_endpoint_with_response_stream(EndpointName="e", Body=b"x")["Body"])
    assert next(stream)["PayloadPart"]["Bytes"] == b"first"
    seen.set()
    assert [event["PayloadPart"]["Bytes"] for event in stream] == [b"seen"]


def test_a_range_is_partial_content(site: Site) -> None:
    site.answers["GetObject"] = lambda _call: {"Body": b"b", "ContentRange": "bytes 1-1/3"}
    answer = site.client("s3").get_object(Bucket="bucket", Key="k", Range="bytes=1-1")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_an_upload_cut_short_is_incomplete(site: Site) -> None:
    site.answers["PutObject"] = keep_body(site)
    answer = site.raw("PUT /bucket/key HTTP/1.1\nHost: localhost\nContent-Length: 10\n\n", b"abc", shut=True)
    assert not site.bodies
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>IncompleteBody</Code>" in answer


def test_an_upload_of_unannounced_length_is_refused_as_s3_does(site: Site) -> None:
    site.answers["PutObject"] = keep_body(site)
    head = "PUT /bucket/key HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n"
    answer = site.raw(head, b"5\r\nhello\r\n5\r\nwo", shut=True)
    assert answer.startswith(b"HTTP/1.1 411")
    assert b"MissingContentLength" in answer
    assert not site.bodies


def test_an_aws_chunked_body_is_unwrapped(site: Site) -> None:
    site.answers["PutObject"] = keep_body(site)
    head = (
        "PUT /bucket/key HTTP/1.1\nHost: localhost\nConnection: close\nContent-Encoding: aws-chunked\n"
        "Transfer-Encoding: chunked\nx-amz-decoded-content-length: 10\n"
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\nx-amz-trailer: x-amz-checksum-crc32\n\n"
    )
    inner = b"a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:poTHxg==\r\n\r\n"
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner)
    assert site.raw(head, body).startswith(b"HTTP/1.1 200")
    assert site.bodies == [b"0123456789"]
    assert site.calls[0].params["Body"].trailers == {"x-amz-checksum-crc32": "poTHxg=="}


def test_a_body_nobody_read_does_not_become_the_next_request(site: Site) -> None:
    def refuse(_call: Call) -> dict[str, Any]:
        raise ServiceError("NoSuchBucket", "The specified bucket does not exist")

    site.answers["PutObject"] = refuse
    s3 = site.client("s3", max_pool_connections=1)
    for size in (10, 200_000, 5_000_000):
        with pytest.raises(s3.exceptions.NoSuchBucket):
            s3.put_object(Bucket="bucket", Key="k", Body=io.BytesIO(b"GET / HTTP/1.1\r\n\r\n" * (size // 18)))
    s3.head_bucket(Bucket="bucket")


def test_other_services_get_their_body_whole(site: Site) -> None:
    text = "POST / HTTP/1.1\nHost: localhost\nConnection: close\nContent-Type: application/x-www-form-urlencoded\n"
    form = b"Action=Publish&Version=2010-03-31&Message=hello"
    answer = site.raw(f"{text}{SCOPE.format('sns')}Content-Length: {len(form)}\n\n", form)
    assert answer.endswith(b"passed through")
    assert site.passed == [form]


MALFORMED = [
    ("POST", "/", "X-Amz-Target: SageMaker.NoSuchThing", "sagemaker", b"{}", 404, b"UnknownOperationException"),
    ("POST", "/", "X-Amz-Target: SageMaker.CreateModel", "sagemaker", b"{not json", 400, b"SerializationException"),
    ("POST", "/", "X-Amz-Target: SageMaker.CreateModel", "sagemaker", b"[1]", 400, b"SerializationException"),
    ("POST", "/", "X-Amz-Target: SageMaker.CreateModel", "sagemaker", b'{"ModelName":5}', 400, b"NUMBER_VALUE can not"),
    ("POST", "/", "X-Amz-Target: SageMaker.CreateModel", "sagemaker", b"\xff\xfe", 400, b"SerializationException"),
    ("POST", "/", "X-Nothing: here", "sagemaker", b"{}", 404, b"UnknownOperationException"),
    ("PATCH", "/endpoints/e/invocations", "X-A: b", "sagemaker", b"", 404, b"UnknownOperationException"),
    ("POST", "/bucket?delete", "X-A: b", "s3", b"<Delete><Object>", 400, b"MalformedXML"),
    ("POST", "/bucket?delete", "X-A: b", "s3", b"<!DOCTYPE a><Delete/>", 400, b"MalformedXML"),
    ("POST", "/bucket?delete", "X-A: b", "s3", b"", 400, b"MissingRequestBodyError"),
    ("GET", "/bucket?list-type=2&max-keys=many", "X-A: b", "s3", b"", 400, b"InvalidArgument"),
    ("PATCH", "/bucket/key", "X-A: b", "s3", b"", 405, b"MethodNotAllowed"),
    ("GET", "/%ff%fe", "X-A: b", "s3", b"", 400, b"InvalidURI"),
    ("GET", "/bucket", "X-Big: " + "x" * 40_000, "s3", b"", 400, b"RequestHeaderSectionTooLarge"),
    (
        "PUT",
        "/bucket/key",
        "x-amz-decoded-content-length: ten\ncontent-encoding: aws-chunked",
        "s3",
        b"x",
        400,
        b"Inval",
    ),
]


@pytest.mark.parametrize(("method", "path", "header", "scope", "body", "status", "word"), MALFORMED)
def test_a_malformed_request_gets_awss_4xx(
    site: Site, method: str, path: str, header: str, scope: str, body: bytes, status: int, word: bytes
) -> None:
    head = f"{method} {path} HTTP/1.1\nHost: localhost\nConnection: close\n{header}\n{SCOPE.format(scope)}"
    answer = site.raw(f"{head}Content-Length: {len(body)}\n\n", body)
    assert answer.startswith(b"HTTP/1.1 %d" % status)
    assert word in answer
    assert not site.calls


@pytest.mark.parametrize(
    "query", ["Action=Get%0aFORGED&Version=2011-06-15", "Action=x&X-Amz-Credential=AK/1/r/sts%0aFORGED/aws4_request"]
)
def test_a_client_writes_no_lines_of_the_log(site: Site, query: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "emulator.gateway")
    site.raw(f"GET /?{query} HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    assert [record.getMessage() for record in caplog.records if "FORGED" in record.getMessage()]
    assert not [record for record in caplog.records if "\n" in record.getMessage()]
