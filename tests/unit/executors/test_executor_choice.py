"""Which executor a server gets, and where its daemon is found."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import pytest

from emulator import executors
from emulator.config import Settings
from emulator.executors import daemon


class Daemon(ThreadingMixIn, UnixStreamServer):
    """Something that answers ``/_ping`` on a socket, as dockerd does."""

    class RequestHandlerClass(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/_ping" else 404)
            self.end_headers()
            self.wfile.write(b"OK")

        def address_string(self) -> str:
            return "socket"

        def log_message(self, *_: object) -> None:
            pass

    def __init__(self, path: Path) -> None:
        UnixStreamServer.__init__(self, str(path), self.RequestHandlerClass)


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "docker.sock"
    with Daemon(path) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"unix://{path}"
        server.shutdown()


def test_every_executor_is_found() -> None:
    assert executors.names() == ["docker", "fake", "process"]


def test_docker_host_alone_counts_if_set(answering: str) -> None:
    assert daemon.find({"DOCKER_HOST": answering}) == answering
    assert daemon.find({"DOCKER_HOST": "unix:///nowhere.sock"}) is None
    assert daemon.find({"DOCKER_HOST": "tcp://127.0.0.1:1"}) is None


def test_the_current_context_of_the_cli(answering: str, tmp_path: Path) -> None:
    config = tmp_path / ".docker"
    meta = config / "contexts/meta" / hashlib.sha256(b"colima").hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": "colima", "Endpoints": {"docker": {"Host": answering}}}))
    home = {"HOME": str(tmp_path)}
    assert answering not in daemon.candidates(home)
    assert next(daemon.candidates({**home, "DOCKER_CONTEXT": "colima"})) == answering
    (config / "config.json").write_text('{"currentContext": "colima"}')
    assert daemon.find(home) == answering
    (config / "config.json").write_text("not json")
    assert answering not in daemon.candidates(home)


def test_auto_takes_docker_only_if_it_answers(answering: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for host, name in ((answering, "docker"), ("unix:///nowhere.sock", "process")):
        monkeypatch.setenv("DOCKER_HOST", host)
        chosen = executors.choose(Settings(executor="auto"), tmp_path)
        assert chosen.name == name
        chosen.close()


def test_what_doctor_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    findings = {finding.name: finding for finding in executors.describe(tmp_path)}
    assert sorted(findings) == ["docker", "process"]
    assert not findings["docker"].usable
    assert "DOCKER_HOST" in findings["docker"].advice


@pytest.mark.parametrize(
    ("url", "host"),
    [("unix:///x", None), ("tcp://machine:2375", "machine"), ("ssh://me@machine", "machine"), ("npipe:////./x", None)],
)
def test_the_machine_of_a_daemon(url: str, host: str | None) -> None:
    assert daemon.host_of(url) == host
