"""The server as a process: how it starts, where it listens, how it ends, and what it costs when idle."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from emulator.commands import _servers


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def pss_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def listening(pid: int) -> set[str]:
    """The IPv4 addresses a process listens on."""
    sockets = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    found = {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}
    return {socket.inet_ntoa(bytes.fromhex(address)[::-1]) for address in found}


def serve(data_dir: Path, *flags: str, **options: Any) -> subprocess.Popen[str]:
    words = _servers.command("serve", "--data-dir", str(data_dir), "--executor", "process", *flags)
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


@contextmanager
def serving(data_dir: Path, *flags: str, **options: Any) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with serve(data_dir, "--port", "0", *flags, **options) as process:
        try:
            yield process, wait_for(lambda: _servers.find(data_dir), "a server that answers")
        finally:
            process.kill()


def connect(health: dict[str, Any]) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(health["url"].removeprefix("http://"), timeout=30)


def test_health_says_what_a_client_needs(server: Any) -> None:
    health = _servers.ask(server.url, "health")
    assert health["status"] == "ok"
    assert health["url"] == server.url
    assert (health["account"], health["region"], health["executor"]) == ("123456789012", "us-east-1", "process")


def test_first_answer_and_idle_memory(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    began = time.monotonic()
    with serving(tmp_path) as (process, _):
        record_property("seconds to first answer", round(time.monotonic() - began, 2))
        assert children(process.pid) == []  # one process, so nothing that could be left behind
        megabytes = pss_megabytes(process.pid)
        record_property("idle PSS in MB", round(megabytes))
        assert megabytes < 90


def test_listens_on_loopback_only(server: Any) -> None:
    assert listening(server.pid) == {"127.0.0.1"}


@pytest.mark.docker
def test_listens_on_the_bridge_for_containers(start_server: Any, docker_daemon: None) -> None:
    addresses = listening(start_server("--executor", "docker").pid)
    assert "127.0.0.1" in addresses
    assert "0.0.0.0" not in addresses
    assert len(addresses) <= 2


def test_listens_where_it_is_told_to(start_server: Any) -> None:
    running = start_server("--executor", "process", "--host", "0.0.0.0")
    assert listening(running.pid) == {"0.0.0.0", "127.0.0.1"}  # the proxy stays on loopback
    assert running.url.startswith("http://127.0.0.1:")


@contextmanager
def begun(health: dict[str, Any]) -> Iterator[http.client.HTTPConnection]:
    """A ListModels call that the server works on and that lacks its body: "100 Continue" says that it waits for it."""
    with closing(connect(health)) as connection:
        connection.putrequest("POST", "/")
        for name, value in (("X-Amz-Target", "SageMaker.ListModels"), ("Content-Length", "2")):
            connection.putheader(name, value)
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        with connection.sock.makefile("rb") as lines:
            assert lines.readline().startswith(b"HTTP/1.1 100")
            assert lines.readline() == b"\r\n"
        yield connection


def test_more_requests_at_once_than_a_small_pool_holds(server: Any) -> None:
    """100 requests that wait for their body, as held Describe calls wait for a job; another one is answered."""
    with ExitStack() as stack:
        waiting = [stack.enter_context(begun(server.health)) for _ in range(100)]
        assert server.client("sts").get_caller_identity()["Account"] == server.health["account"]
        for connection in waiting:
            connection.send(b"{}")
        answers = [stack.enter_context(connection.getresponse()) for connection in waiting]
        assert {answer.status for answer in answers} == {200}


def test_more_silent_connections_than_a_shell_gives_descriptors(start_server: Any) -> None:
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, most))
    try:
        running = start_server("--executor", "process")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(closing(connect(running.health))).connect()
        assert running.client("sts").get_caller_identity()["Account"] == running.health["account"]


def test_sigterm_lets_a_request_finish(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, health):
        with begun(health) as connection:
            process.send_signal(signal.SIGTERM)
            wait_for(lambda: not (tmp_path / "server.json").exists(), "the beginning of the end")
            connection.send(b"{}")
            answer = connection.getresponse()
            assert (answer.status, json.load(answer)) == (200, {"Models": []})
        assert process.wait(20) == 0


def test_an_idle_connection_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, health), closing(connect(health)) as connection:
        connection.request("GET", "/_emulator/health")
        connection.getresponse().read()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


STARTER = """
import sys, time, pathlib
from emulator.commands import _servers
with _servers.started(["--port", "0", "--executor", "process"], pathlib.Path(sys.argv[1])) as health:
    print(health["pid"], flush=True)
    time.sleep(600)
"""


def test_killing_the_parent_leaves_no_server(tmp_path: Path) -> None:
    words = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    wait_for(lambda: not alive(pid), "the end of the server")


def test_state_survives_a_kill(tmp_path: Path) -> None:
    group = {"ModelPackageGroupName": "kept"}
    with serving(tmp_path) as (process, health):
        request = urllib.request.Request(
            health["url"], json.dumps(group).encode(), {"X-Amz-Target": "SageMaker.CreateModelPackageGroup"}
        )
        arn = json.load(urllib.request.urlopen(request))["ModelPackageGroupArn"]
        process.kill()
        process.wait()
        assert _servers.find(tmp_path) is None  # what is left of server.json is not believed
    with serving(tmp_path) as (_, health):
        request = urllib.request.Request(
            health["url"], json.dumps(group).encode(), {"X-Amz-Target": "SageMaker.DescribeModelPackageGroup"}
        )
        assert json.load(urllib.request.urlopen(request))["ModelPackageGroupArn"] == arn


def test_one_server_per_data_folder(server: Any) -> None:
    with serve(server.data_dir, "--port", "0") as second:
        output, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "another server works in" in output
    assert "Traceback" not in output


def test_a_taken_port_is_named(server: Any, tmp_path: Path) -> None:
    port = server.url.rsplit(":", 1)[1]
    with serve(tmp_path, "--port", port) as second:
        output, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    assert f"127.0.0.1:{port}" in output
    assert "--port" in output
    assert "Traceback" not in output


def test_a_users_own_handlers_are_not_ours(tmp_path: Path) -> None:
    for package in ("handlers", "emulator"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise SystemExit('the wrong package was imported')\n")
    environ = {**os.environ, "PYTHONPATH": str(_servers.ROOT)}
    with serving(tmp_path / "data", cwd=tmp_path, env=environ) as (process, _):
        assert alive(process.pid)
    (tmp_path / "emulator" / "__init__.py").unlink()
    (tmp_path / "emulator").rmdir()
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{_servers.ROOT}"}
    with serving(tmp_path / "more", cwd=tmp_path, env=environ) as (process, _):
        assert alive(process.pid)


def test_console_page(server: Any) -> None:
    with urllib.request.urlopen(f"{server.url}/_emulator/") as answer:
        page = answer.read().decode()
    assert "sagemaker-emulator" in page
    assert str(server.data_dir) in page


def test_console_shows_jobs_and_why_they_failed(server: Any) -> None:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    name = "fails-for-the-page"
    sagemaker = server.client("sagemaker")
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn="arn:aws:iam::123456789012:role/R",
        AppSpecification={"ImageUri": "example.com/no-such-image:<b>"},
        ProcessingResources={"ClusterConfig": cluster},
    )
    waiter = sagemaker.get_waiter("processing_job_completed_or_stopped")
    with pytest.raises(WaiterError):
        waiter.wait(ProcessingJobName=name, WaiterConfig={"Delay": 1})
    with urllib.request.urlopen(f"{server.url}/_emulator/") as answer:
        page = answer.read().decode()
    assert name in page
    assert "no-such-image:&lt;b&gt;" in page
    rows = {row["name"]: row for row in _servers.ask(server.url, "state")["work"]}
    assert (rows[name]["status"], rows[name]["unfinished"]) == ("Failed", False)


def test_reset_forgets_ours_and_motos(start_server: Any) -> None:
    running = start_server("--executor", "process")
    sagemaker, queues = running.client("sagemaker"), running.client("sqs")
    sagemaker.create_model_package_group(ModelPackageGroupName="gone")
    queues.create_queue(QueueName="gone")
    _servers.ask(running.url, "reset", "POST")
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    assert "QueueUrls" not in queues.list_queues()
    sagemaker.create_model_package_group(ModelPackageGroupName="gone")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_reset(server: Any, headers: dict[str, str]) -> None:
    request = urllib.request.Request(f"{server.url}/_emulator/reset", b"", headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    raised.value.close()
    assert raised.value.code == 403


PLUGIN_TEST = """
def test_one(sagemaker_emulator):
    sagemaker_emulator.client("sagemaker").create_model_package_group(ModelPackageGroupName="a")

def test_two(sagemaker_emulator):
    import boto3
    assert boto3.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    assert boto3.client("sts", endpoint_url="https://sts.us-east-1.amazonaws.com").get_caller_identity()["Account"]
"""


def test_pytest_plugin(tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(PLUGIN_TEST)
    words = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_listens_on_ipv6_if_told_to(start_server: Any) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 on this machine's loopback")
    running = start_server("--executor", "process", "--host", "::1")
    assert running.url.startswith("http://[::1]:")
    assert running.client("sts").get_caller_identity()["Account"] == "123456789012"
