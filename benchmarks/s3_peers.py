"""Other S3 servers for ``benchmarks/s3.py``: each on a free port, with its CPU seconds and memory readable.

``raw`` is ``raw_server.py``; ``moto`` comes with the test tools; ``ministack`` is installed on demand by uv into a
folder under the user's cache, because it is nobody's dependency.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import uv
from botocore.config import Config
from harness import Peak, ended, family, free_port, peak_memory

NAMES = ("emulator", "raw", "ministack", "moto")
MINISTACK = "ministack==1.5.33"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Peer:
    """A server that runs."""

    name: str
    port: int
    pid: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Any:
        """A boto3 S3 client with enough connections for eight threads of work."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(max_pool_connections=32, read_timeout=600, s3={"addressing_style": "path"}),
        )

    def cpu(self) -> float:
        """CPU seconds of the process tree so far."""
        total = 0
        for member in family(self.pid):
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def peak_memory(self) -> contextlib.AbstractContextManager[Peak]:
        """The tree's highest PSS while the block runs; sampled less often, as all peers share the machine."""
        return peak_memory(self.pid, every=0.1)


@contextlib.contextmanager
def running(name: str) -> Iterator[Peer]:
    """A peer with a data folder of its own; ended and removed with the block."""
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as text:
        folder, port = Path(text), free_port()
        environment = {
            **os.environ,
            "SAGEMAKER_EMULATOR_DATA_DIR": text,
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": "127.0.0.1",
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(_command(name, port, folder), env=environment, cwd=text, stdout=log, stderr=log)
        try:
            _answers(process, port)
            yield Peer(name, port, process.pid, folder)
        finally:
            ended(process)


def _command(name: str, port: int, folder: Path) -> list[str]:
    python, here = sys.executable, Path(__file__).parent
    if name == "emulator":
        return [python, "-P", "-m", "emulator", "serve", "--port", str(port), "--executor", "process"]
    if name == "raw":
        (folder / "files").mkdir()
        return [python, str(here / "raw_server.py"), str(port), str(folder / "files")]
    if name == "moto":
        return [python, "-m", "moto.server", "-p", str(port)]
    return [str(_ministack())]


def _ministack() -> Path:
    """The ministack command, in an environment made once."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = cache / "sagemaker-emulator-tests" / MINISTACK
    command = place / "bin" / "ministack"
    if not command.exists():
        tool = uv.find_uv_bin()
        subprocess.run([tool, "venv", "--quiet", "--clear", str(place)], check=True)
        install = [tool, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), MINISTACK]
        subprocess.run(install, check=True)
    return command


def _answers(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args} does not answer")
