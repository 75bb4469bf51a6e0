"""Where the Docker daemon is, whether it answers, and a client for it.

The docker SDK costs 0.14 s and 28 MB to import, so the questions that a starting server asks (is there a daemon?) go
over a bare socket; the SDK is imported by :func:`connect`, at the first job. Found in this order: ``DOCKER_HOST``, the
current context of the docker CLI (Colima, Docker Desktop and rootless set one), the usual socket, podman's sockets.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tarfile import TarError
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emulator.executors.base import ExecutorError, Gone

if TYPE_CHECKING:
    from docker import APIClient

PING_TIMEOUT = 3.0
POOL = 100  # every running container holds two connections: its log and its end


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def find(environ: Mapping[str, str] | None = None) -> str | None:
    """The URL of the first daemon that answers, or ``None``. With ``DOCKER_HOST`` set only that one counts."""
    environ = os.environ if environ is None else environ
    if host := environ.get("DOCKER_HOST"):
        return host if answers(host) else None
    return next((url for url in candidates(environ) if answers(url)), None)


def candidates(environ: Mapping[str, str]) -> Iterator[str]:
    """URLs to try, best first. Only the context is somebody's choice; the sockets are where daemons usually listen."""
    home = Path(environ.get("HOME", "/"))
    config = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    if context := _context_host(config, environ.get("DOCKER_CONTEXT", "")):
        yield context
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    for path in (
        Path("/var/run/docker.sock"),
        runtime / "docker.sock",
        home / ".docker/run/docker.sock",
        runtime / "podman/podman.sock",
        Path("/run/podman/podman.sock"),
    ):
        yield f"unix://{path}"


def _context_host(config: Path, name: str) -> str | None:
    """The endpoint of a CLI context; its file lies under the SHA-256 of its name (docker/cli, context store)."""
    try:
        name = name or json.loads((config / "config.json").read_text()).get("currentContext", "")
        meta = config / "contexts/meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
        host = json.loads(meta.read_text())["Endpoints"]["docker"].get("Host")
    except (OSError, ValueError, KeyError):
        return None
    return host or None


def answers(url: str) -> bool:
    """Whether a daemon answers ``/_ping`` at this URL."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return _ping(_UnixConnection(parts.path, PING_TIMEOUT))
    if parts.scheme in {"tcp", "http"} and not os.environ.get("DOCKER_TLS_VERIFY") and parts.hostname:
        return _ping(http.client.HTTPConnection(parts.hostname, parts.port or 2375, timeout=PING_TIMEOUT))
    try:
        connect(url).close()
    except ExecutorError:
        return False
    return True


def _ping(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def connect(url: str) -> APIClient:
    """A client of the docker SDK, API version agreed on. Raises :class:`ExecutorError` when nobody answers."""
    from docker import DockerClient
    from docker.errors import DockerException

    try:
        environment = {**os.environ, "DOCKER_HOST": url}
        client = DockerClient.from_env(
            environment=environment, use_ssh_client=url.startswith("ssh://"), max_pool_size=POOL
        ).api
        client.ping()
    except (DockerException, OSError, ValueError) as error:
        raise ExecutorError(
            f"no Docker daemon answers at {url} ({error}): start Docker, set DOCKER_HOST, or use --executor process"
        ) from error
    return client


@contextmanager
def errors(what: str) -> Iterator[None]:
    """Docker's errors, and those of files on the way to it, become ours: ``what`` failed, and why. Nothing of the kind
    there: :class:`Gone`."""
    from docker.errors import APIError, DockerException, NotFound

    try:
        yield
    except NotFound as error:
        raise Gone(f"{what}: {error.explanation}") from error
    except (DockerException, OSError, TarError) as error:  # requests' own errors are OSErrors
        why = error.explanation if isinstance(error, APIError) else error
        raise ExecutorError(f"{what}: {why}") from error


def host_of(url: str) -> str | None:
    """The remote machine of a daemon URL (``tcp://``, ``ssh://``); ``None`` for a socket of this machine."""
    parts = urlsplit(url)
    return parts.hostname if parts.scheme in {"tcp", "http", "https", "ssh"} else None
