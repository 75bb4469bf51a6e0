"""Servers and clients for all tests: real child processes, spoken to over HTTP by real clients.

``server``            a server for the whole session (executor ``process``), for API tests
``client``            factory: ``client("sagemaker")`` is a boto3 client of that server
``start_server``      factory for further servers: ``start_server("--executor", "docker")``; ended with the test
``strict``            a server for the whole session that checks signatures (see ``tests/strict.py``)
``executor_server``   a server per executor (docker, process): a test that takes it runs once on each
``executor_client``   factory of boto3 clients of that server
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from emulator.commands import _servers
from tests.strict import STRICT

EXECUTORS = [pytest.param("docker", marks=pytest.mark.docker), "process"]
REQUIRE_DOCKER = os.environ.get("SAGEMAKER_EMULATOR_REQUIRE_DOCKER") == "1"


@dataclass(frozen=True)
class Running:
    """A server that runs: where, and what it says of itself."""

    health: dict[str, Any]
    data_dir: Path

    @property
    def url(self) -> str:
        return str(self.health["url"])

    @property
    def executor(self) -> str:
        return str(self.health["executor"])

    @property
    def pid(self) -> int:
        return int(self.health["pid"])

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client that does not retry: an answer from 500 up is a failure to be seen."""
        config = Config(retries={"total_max_attempts": 1}).merge(options.pop("config", Config()))
        known: dict[str, Any] = {
            "endpoint_url": self.url,
            "region_name": self.health["region"],
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        return boto3.client(service, config=config, **(known | options))


Start = Callable[..., Running]
Client = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """The developer's AWS settings and proxies must not reach the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "SAGEMAKER_EMULATOR_")) and name != "SAGEMAKER_EMULATOR_REQUIRE_DOCKER":
                patch.delenv(name)
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", "/nonexistent/aws-config")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/aws-credentials")
        yield


def _start(stack: ExitStack, data_dir: Path, flags: tuple[str, ...]) -> Running:
    words = ["--port", "0", *flags]
    return Running(stack.enter_context(_servers.started(words, data_dir)), data_dir)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, _own_environment: None) -> Iterator[Running]:
    with ExitStack() as stack:
        yield _start(stack, tmp_path_factory.mktemp("server"), ("--executor", "process"))


@pytest.fixture(scope="session")
def client(server: Running) -> Client:
    return server.client


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory, _own_environment: None) -> Iterator[Running]:
    with ExitStack() as stack:
        yield _start(stack, tmp_path_factory.mktemp("strict"), ("--executor", "process", *STRICT))


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ExitStack() as stack:

        def start(*flags: str, data_dir: Path | None = None) -> Running:
            return _start(stack, data_dir or tmp_path_factory.mktemp("server"), flags)

        yield start


def docker_answers() -> bool:
    """Whether a Docker daemon answers here."""
    try:
        done = subprocess.run(["docker", "version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@pytest.fixture(scope="session")
def docker_daemon() -> None:
    """Skips without a Docker daemon; with SAGEMAKER_EMULATOR_REQUIRE_DOCKER=1 it fails."""
    if not docker_answers():
        if REQUIRE_DOCKER:
            pytest.fail("SAGEMAKER_EMULATOR_REQUIRE_DOCKER=1 and no Docker daemon answers")
        pytest.skip("no Docker daemon answers")


def on_executor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, *flags: str
) -> Iterator[Running]:
    """What a fixture with the parameters :data:`EXECUTORS` yields: a server on each."""
    if request.param == "docker":
        request.getfixturevalue("docker_daemon")
    with ExitStack() as stack:
        yield _start(stack, tmp_path_factory.mktemp(f"server-{request.param}"), ("--executor", request.param, *flags))


@pytest.fixture(scope="session", params=EXECUTORS)
def executor_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _own_environment: None
) -> Iterator[Running]:
    yield from on_executor(request, tmp_path_factory)


@pytest.fixture(scope="session")
def executor_client(executor_server: Running) -> Client:
    return executor_server.client
