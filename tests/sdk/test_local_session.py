"""The Abalone example by the SDK's own local mode (Docker and compose), with our S3 and STS.

Local mode looks for images under AWS's names and hands containers the S3 endpoint of its own process. So the stand-ins
get those names for the test, and the server listens where containers reach it: the address of Docker's bridge.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from emulator.executors.surroundings import bridge_gateway
from tests.conftest import REQUIRE_DOCKER
from tests.sdk.conftest import ROOT

pytestmark = pytest.mark.docker

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
URIS = (f"{REGISTRY}/sagemaker-scikit-learn:1.2-1-cpu-py3", f"{REGISTRY}/sagemaker-xgboost:1.7-1")
EMULATOR = [sys.executable, "-P", "-m", "emulator"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ours = {"SAGEMAKER_EMULATOR_DATA_DIR": str(tmp_path / "data"), "SAGEMAKER_EMULATOR_EXECUTOR": "docker"}
    return {**kept, **ours, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def aws_names(docker_daemon: None, environment: dict[str, str]) -> Iterator[None]:
    """The stand-ins under AWS's names, as local mode looks for them."""
    client = docker.from_env()
    for uri in URIS:
        words = [*EMULATOR, "images", "build", uri]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        client.images.get(done.stdout.split()[-1]).tag(uri)
    try:
        yield
    finally:
        for uri in URIS:
            client.images.remove(uri, noprune=True)
        client.close()


@pytest.fixture
def bridge(docker_daemon: None) -> str:
    """An address of this machine that containers reach."""
    client = docker.APIClient()
    try:
        gateway = bridge_gateway(client)
    finally:
        client.close()
    if gateway is None:
        pytest.skip("Docker's bridge has no address on this machine")
    return gateway


@pytest.mark.usefixtures("aws_names")
def test_local_mode_runs_the_pipeline(environment: dict[str, str], bridge: str) -> None:
    if shutil.which("docker-compose") is None:
        if REQUIRE_DOCKER:
            pytest.fail("SAGEMAKER_EMULATOR_REQUIRE_DOCKER=1 and there is no docker-compose")
        pytest.skip("there is no docker-compose")
    example = [sys.executable, str(ROOT / "examples" / "abalone" / "pipeline.py"), "--local-session"]
    done = subprocess.run(
        [*EMULATOR, "run", "--host", bridge, "--", *example],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "pipeline: Succeeded" in done.stdout
    assert "627 predictions for 627 test lines" in done.stdout
