"""The HTTPS door: AWS host names end here, everything else goes on untouched, and nothing reaches AWS."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
import trustme
from botocore.config import Config

from emulator.proxy.hosts import Upstream, is_aws, upstream_for, without_aws


class Hello(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_GET(self) -> None:
        body = f"{self.command} {self.path} {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def web_server(context: ssl.SSLContext | None = None) -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello) as httpd:
        if context:
            httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield httpd.server_address[1]
        httpd.shutdown()


@pytest.fixture
def bundle(server: Any) -> str:
    return str(server.data_dir / "ca" / "bundle.pem")


@pytest.fixture
def proxies(server: Any) -> dict[str, str]:
    return {"http": server.health["proxy"], "https": server.health["proxy"]}


@pytest.fixture
def direct(server: Any, bundle: str, proxies: dict[str, str]) -> Any:
    """A factory of boto3 clients that believe they talk to AWS itself."""

    def make(service: str, region: str = "eu-west-1", **options: Any) -> Any:
        config = Config(proxies=proxies, retries={"total_max_attempts": 1}).merge(options.pop("config", Config()))
        return boto3.client(
            service,
            region_name=region,
            verify=bundle,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
            **options,
        )

    return make


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1"])
def test_the_sdks_hard_coded_sts_address(direct: Any, region: str) -> None:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    sts = direct("sts", region, endpoint_url=f"https://sts.{region}.{suffix}")
    assert sts.get_caller_identity()["Account"] == "123456789012"


def test_clients_without_any_endpoint(direct: Any, client: Any) -> None:
    region = "eu-south-2"  # this test's own: other tests make groups in the usual ones
    direct("sagemaker", region).create_model_package_group(ModelPackageGroupName="through-the-door")
    here = client("sagemaker", region_name=region).list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in here] == ["through-the-door"]
    assert direct("sqs").create_queue(QueueName="door")["QueueUrl"].endswith("/door")


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_s3_over_tls(direct: Any, style: str) -> None:
    """Over TLS boto3 sends aws-chunked bodies with a trailing checksum; large ones cross the door piece by piece."""
    s3 = direct("s3", config=Config(s3={"addressing_style": style}))
    bucket = f"door-{style}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    data = os.urandom(1 << 20) * 40
    s3.upload_fileobj(io.BytesIO(data), bucket, "a//b/ü.bin")
    s3.put_object(Bucket=bucket, Key="_emulator/health", Body=b"a key, not our console")
    fetched = io.BytesIO()
    s3.download_fileobj(bucket, "a//b/ü.bin", fetched)
    assert hashlib.sha256(fetched.getvalue()).digest() == hashlib.sha256(data).digest()
    assert s3.get_object(Bucket=bucket, Key="_emulator/health")["Body"].read() == b"a key, not our console"


def test_policies_know_what_came_over_tls(client: Any, direct: Any, proxies: dict[str, str]) -> None:
    bucket, here = "door.with.dots", client("s3")
    here.create_bucket(Bucket=bucket)
    here.put_object(Bucket=bucket, Key="k", Body=b"x")
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": insecure}
    here.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    for style in ("path", "virtual"):
        config = Config(s3={"addressing_style": style})
        secure = direct("s3", "us-east-1", config=config).get_object(Bucket=bucket, Key="k")
        assert secure["Body"].read() == b"x"
    assert here.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"  # stands for AWS's endpoint
    plain = Config(proxies=proxies, retries={"total_max_attempts": 1})
    there = client("s3", endpoint_url="http://s3.us-east-1.amazonaws.com", config=plain)
    with pytest.raises(there.exceptions.ClientError, match="AccessDenied"):
        there.get_object(Bucket=bucket, Key="k")


def test_connections_are_kept(server: Any, bundle: str) -> None:
    """Ten requests through one CONNECT."""
    proxy = server.health["proxy"].removeprefix("http://").split(":")
    with socket.create_connection((proxy[0], int(proxy[1])), 10) as raw:
        raw.sendall(b"CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.0\r\n\r\n")
        assert raw.recv(1000).split()[1] == b"200"
        context = ssl.create_default_context(cafile=bundle)
        with context.wrap_socket(raw, server_hostname="sts.us-east-1.amazonaws.com") as tls:
            for _ in range(10):
                tls.sendall(
                    b"GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\r\nHost: sts.amazonaws.com\r\n\r\n"
                )
                assert tls.recv(10000).startswith(b"HTTP/1.1 200")


def test_telemetry_is_answered_here(proxies: dict[str, str], bundle: str) -> None:
    url = "https://sm-pysdk-t-us-east-1.s3.us-east-1.amazonaws.com/telemetry?x-accountId=1"
    assert requests.get(url, proxies=proxies, verify=bundle, timeout=10).status_code in {403, 404}


def test_plain_http_to_aws_is_answered_here(proxies: dict[str, str]) -> None:
    url = "http://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    assert "123456789012" in requests.get(url, proxies=proxies, timeout=10).text


def test_no_credentials_from_instance_metadata(proxies: dict[str, str]) -> None:
    assert requests.get("http://169.254.169.254/latest/meta-data/", proxies=proxies, timeout=10).status_code == 404
    with pytest.raises(requests.exceptions.ProxyError, match="404"):
        requests.get("https://169.254.169.254/", proxies=proxies, timeout=10)


def test_other_hosts_are_tunnelled_untouched(proxies: dict[str, str], tmp_path: Path) -> None:
    """Their certificate is theirs: TLS is not opened on the way."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "theirs.pem")
    with web_server(context) as port:
        url = f"https://localhost:{port}/a%20b?c"
        answer = requests.get(url, proxies=proxies, verify=tmp_path / "theirs.pem", timeout=10)
    assert answer.text == f"GET /a%20b?c localhost:{port}"


def test_plain_http_to_other_hosts(proxies: dict[str, str]) -> None:
    with web_server() as port, requests.Session() as session:
        for path in ("/one", "/two?x=%2F"):
            answer = session.get(f"http://localhost:{port}{path}", proxies=proxies, timeout=10)
            assert answer.text == f"GET {path} localhost:{port}"


def test_what_cannot_be_reached_is_a_502(proxies: dict[str, str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = requests.get(f"http://localhost:{unused.getsockname()[1]}/", proxies=proxies, timeout=20)
    assert answer.status_code == 502
    assert "could not connect" in answer.text


def test_a_browser_gets_an_explanation(server: Any) -> None:
    answer = requests.get(server.health["proxy"], timeout=10)
    assert answer.status_code == 400
    assert "proxy" in answer.text


class Recorder(http.server.BaseHTTPRequestHandler):
    """A proxy of the user's: writes down what it is asked and lets CONNECT through to ``target``."""

    asked: list[str]
    target: int

    def do_CONNECT(self) -> None:
        self.asked.append(f"{self.path} {self.headers['Proxy-Authorization']}")
        with socket.create_connection(("127.0.0.1", self.target)) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Thread(target=self.pump, args=(there, self.connection), daemon=True).start()
            self.pump(self.connection, there)

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers['Proxy-Authorization']}")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    @staticmethod
    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def log_message(self, *args: object) -> None:
        pass


def test_the_users_own_proxy_is_used_and_never_for_aws(
    start_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("far.example").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "theirs.pem")
    with web_server(context) as port:
        handler = type("Handler", (Recorder,), {"asked": [], "target": port})
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as upstream:
            threading.Thread(target=upstream.serve_forever, daemon=True).start()
            for name in ("https_proxy", "http_proxy"):
                monkeypatch.setenv(name, f"http://me:p%40ss@127.0.0.1:{upstream.server_address[1]}")
            running = start_server("--executor", "process")
            for name in ("https_proxy", "http_proxy"):
                monkeypatch.delenv(name)
            door = dict.fromkeys(("http", "https"), running.health["proxy"])
            roots = str(running.data_dir / "ca" / "bundle.pem")
            far = requests.get("https://far.example/x", proxies=door, verify=tmp_path / "theirs.pem", timeout=10)
            plain = requests.get("http://far.example/y", proxies=door, timeout=10)
            for url in ("https://sts.us-east-1.amazonaws.com/", "http://s3.amazonaws.com/", "https://x.api.aws/"):
                requests.get(url, proxies=door, verify=roots, timeout=10)
            upstream.shutdown()
    assert far.text == "GET /x far.example"
    assert plain.text == "ok"
    login = "Basic bWU6cEBzcw=="
    assert handler.asked == [f"far.example:443 {login}", f"http://far.example/y {login}"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("sts.us-east-1.amazonaws.com", True),
        ("S3.AMAZONAWS.COM.", True),
        ("api.sagemaker.cn-north-1.amazonaws.com.cn", True),
        ("sagemaker.eu-west-1.api.aws", True),
        ("abc.lambda-url.us-east-1.on.aws", True),
        ("notamazonaws.com", False),
        ("amazonaws.com.evil.example", False),
        ("pypi.org", False),
    ],
)
def test_aws_hosts(host: str, expected: bool) -> None:
    assert is_aws(host) is expected


def test_no_proxy_cannot_lead_past_the_door() -> None:
    given = "localhost, .amazonaws.com,*,s3.us-east-1.amazonaws.com,com,.internal.example,api.aws,169.254.169.254"
    assert without_aws(given) == ["localhost", ".internal.example"]


def test_upstream_choice() -> None:
    environ = {"HTTPS_PROXY": "http://one:3128", "https_proxy": "https://two", "NO_PROXY": "inside.example,.corp"}
    assert upstream_for("https", "pypi.org", environ) == Upstream("two", 443, tls=True)
    assert upstream_for("http", "pypi.org", environ) is None
    assert upstream_for("https", "a.inside.example", environ) is None
    assert upstream_for("https", "x.corp", environ) is None
    assert upstream_for("http", "pypi.org", {"all_proxy": "socks5://x"}) is None
