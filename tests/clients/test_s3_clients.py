"""Real S3 clients, each a program of its own against a running server, and against one that checks signatures.

Their packages are installed on demand into one environment under the user's cache (uv for Python, npm for Node):
they are nobody's dependency and their pins must not meet ours.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

from tests.conftest import Running
from tests.strict import KEY, SECRET

SCRIPTS = Path(__file__).parent / "scripts"
PYTHON_PACKAGES = (
    "s3fs>=2025.3",
    "pyarrow>=17",
    "smart_open[s3]>=7",
    "awswrangler>=3.11",
    "boto3[crt]>=1.43",
    "obstore>=0.7",
)
NODE_PACKAGES = ("@aws-sdk/client-s3@3", "@aws-sdk/lib-storage@3")


def cached(packages: tuple[str, ...], make: Callable[[Path], None]) -> Path:
    """A folder under the user's cache with these packages, made once per machine."""
    name = "s3-" + hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagemaker-emulator-tests"
    cache.mkdir(parents=True, exist_ok=True)
    place, done = cache / name, cache / name / "complete"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(place)
            done.touch()
    return place


@pytest.fixture(scope="module")
def python() -> str:
    """A Python with the clients."""

    def make(place: Path) -> None:
        tool = uv.find_uv_bin()
        subprocess.run([tool, "venv", "--quiet", "--clear", str(place)], check=True)
        install = [tool, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(place / "bin" / "python")]
        subprocess.run([*install, *PYTHON_PACKAGES], check=True)

    return str(cached(PYTHON_PACKAGES, make) / "bin" / "python")


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """A folder with the packages for Node."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node and npm are not installed")

    def make(place: Path) -> None:
        place.mkdir(exist_ok=True)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), *NODE_PACKAGES]
        subprocess.run(install, check=True, capture_output=True)

    return cached(NODE_PACKAGES, make)


@pytest.fixture(scope="module", params=["server", "strict"])
def place(request: pytest.FixtureRequest) -> Running:
    """A server that accepts every signature, and one that checks them."""
    running: Running = request.getfixturevalue(request.param)
    return running


def environment(server: Running) -> dict[str, str]:
    # The command line presigns with Signature Version 2 in us-east-1, which a strict server refuses.
    config = server.data_dir / "aws-config"
    config.write_text("[default]\ns3 =\n    signature_version = s3v4\n" if server.health["auth"] == "strict" else "")
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": server.url,
        "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def run(server: Running, *words: str) -> str:
    done = subprocess.run(
        words, env=environment(server), capture_output=True, text=True, timeout=120, check=False, cwd=server.data_dir
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", ["s3fs", "pyarrow", "smart_open", "awswrangler", "boto3_crt", "obstore"])
def test_a_python_client(place: Running, python: str, name: str) -> None:
    run(place, python, str(SCRIPTS / f"{name}_client.py"), f"clients-{name.replace('_', '-')}")


def test_the_sdk_for_javascript(place: Running, node_modules: Path) -> None:
    run(place, "node", str(SCRIPTS / "node_client.mjs"), "clients-node", str(node_modules))


def test_the_command_line(place: Running, tmp_path: Path) -> None:
    def aws(*words: str) -> str:
        return run(place, sys.executable, "-W", "ignore", str(Path(sys.executable).with_name("aws")), "s3", *words)

    data = os.urandom(9 << 20)
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "large").write_bytes(data)
    (tmp_path / "tree" / "sub" / "é +%.txt").write_text("hello")
    for file in ("large", "sub/é +%.txt"):  # S3's times are whole seconds: a file of this second would seem newer
        os.utime(tmp_path / "tree" / file, (1.8e9 - 2e8, 1.8e9 - 2e8))
    aws("mb", "s3://clients-cli")
    aws("sync", str(tmp_path / "tree"), "s3://clients-cli/tree")
    assert aws("sync", str(tmp_path / "tree"), "s3://clients-cli/tree") == ""  # nothing has changed
    aws("cp", "--recursive", "s3://clients-cli/tree", str(tmp_path / "back"))
    assert (tmp_path / "back" / "large").read_bytes() == data
    assert (tmp_path / "back" / "sub" / "é +%.txt").read_text() == "hello"
    link = aws("presign", "s3://clients-cli/tree/sub/é +%.txt").strip()
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"hello"
    aws("rb", "--force", "s3://clients-cli")
