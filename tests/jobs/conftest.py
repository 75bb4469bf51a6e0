"""Executors for the tests of this folder: the same tests run on every one that works on this machine.

``executor``   docker (bind mounts), docker with tar streams, process; ``lasting_executor``: docker, process
``image``      a plain Python for all of them: ``python:3.11-slim`` for Docker (made by ``.ci/base-image`` if it is not
               there: no registry needed), the environment that runs the tests for ``process``
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from emulator.executors import networks
from emulator.executors.base import Executor, Image
from emulator.executors.docker import OURS, DockerExecutor
from emulator.executors.process import ProcessExecutor
from tests.conftest import EXECUTORS
from tests.jobs.account import Account

ROOT = Path(__file__).resolve().parents[2]
BASE = "python:3.11-slim"


@pytest.fixture(scope="session")
def base_image(docker_daemon: None) -> str:
    """The tag of a small Python image that the daemon has."""
    subprocess.run([ROOT / ".ci/base-image", BASE], check=True, capture_output=True)
    return BASE


@pytest.fixture(scope="session")
def image() -> Image:
    return Image(uri=BASE, reference=BASE, environment=Path(sys.prefix), command=("python3", "-c", "print('default')"))


def make(kind: str, work: Path, request: pytest.FixtureRequest) -> Executor:
    """An executor by the name of its test parameter."""
    if kind == "process":
        finding = ProcessExecutor.probe(work)
        if not finding.usable:
            pytest.skip(finding.advice)
        return ProcessExecutor(work)
    request.getfixturevalue("base_image")
    return DockerExecutor(work, transport=kind.partition("-")[2] or None)


@pytest.fixture(
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("docker-archive", marks=pytest.mark.docker),
        "process",
    ]
)
def executor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Executor]:
    work = tmp_path / "work"
    work.mkdir()
    with closing(make(request.param, work, request)) as made:
        yield made
        for container in made.find({}):  # what a failed test left
            made.remove(container)
        if isinstance(made, DockerExecutor):
            networks.sweep(made.client, {OURS: made.instance})


@pytest.fixture(scope="module", params=EXECUTORS)
def lasting_executor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    """One executor for all tests of a module."""
    with closing(make(request.param, tmp_path_factory.mktemp("work"), request)) as made:
        yield made


@pytest.fixture(scope="session")
def account(executor_client: Callable[..., Any]) -> Account:
    """Jobs through boto3, on a server per executor."""
    return Account(executor_client)
