"""Run by the executor tests as another user, in a container, or to be killed: ``small_job.py EXECUTOR FOLDER [MODE]``.

Runs one job with an input, an output and a server of ours to be reached, and prints what came of it as JSON.
``MODE`` ``hang``: prints ``up`` when the job runs, and then waits to be killed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from emulator.executors.base import ContainerSpec, Executor, Image, Mount

JOB = """
import os, socket, sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode(), socket.gethostbyname("algo-1").count("."))
data = open("/opt/ml/in/data").read()
os.makedirs("/opt/ml/out/deep", mode=0o700)
open("/opt/ml/out/deep/data", "w").write(data)
os.chmod("/opt/ml/out/deep/data", 0o600)
import sysconfig
open(sysconfig.get_path("purelib") + "/dirt.py", "w").close()
"""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"pong")

    def log_message(self, *_: object) -> None:
        pass


def make(kind: str, folder: Path) -> Executor:
    if kind == "process":
        from emulator.executors.process import ProcessExecutor

        return ProcessExecutor(folder)
    from emulator.executors.docker import DockerExecutor

    return DockerExecutor(folder)


def run(executor: Executor, folder: Path) -> dict[str, Any]:
    server = HTTPServer(((executor.listen_addresses() or ["127.0.0.1"])[0], 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    mounts = [Mount(folder / "in", "/opt/ml/in", read_only=True), Mount(folder / "out", "/opt/ml/out")]
    for mount in mounts:
        mount.source.mkdir()
    (folder / "in/data").write_text("some data")
    image = Image("python:3.11-slim", "python:3.11-slim", environment=Path(sys.prefix))
    arguments = (JOB, executor.endpoint(server.server_port))
    container = executor.start(
        ContainerSpec("job", image, ("python3", "-c"), arguments, mounts=tuple(mounts), labels={"job": "small"})
    )
    lines = [line.decode() for line in executor.logs(container)]
    exited = executor.wait(container)
    executor.remove(container)
    assert exited
    taken = folder / "out/deep/data"
    return {
        "lines": lines,
        "code": exited.code,
        "content": taken.read_text(),
        "owners": sorted({p.stat().st_uid for p in (folder / "out").rglob("*")}),
        "transport": getattr(getattr(executor, "_transport", None), "name", None),
        "left": len(executor.find({})),
    }


def hang(executor: Executor) -> None:
    image = Image("python:3.11-slim", "python:3.11-slim", environment=Path(sys.prefix))
    arguments = ("trap '' TERM; setsid sleep 4321 & echo up; sleep 4321",)
    started = [
        executor.start(ContainerSpec("job", image, ("sh", "-c"), arguments, labels={"n": str(n)})) for n in (1, 2)
    ]
    for container in started:
        assert next(executor.logs(container)) == b"up"
    sys.stdout.write("up\n")
    sys.stdout.flush()
    time.sleep(600)


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    with closing(make(sys.argv[1], folder / "work")) as made:
        if "hang" in sys.argv:
            hang(made)
        sys.stdout.write(json.dumps({**run(made, folder), "uid": os.geteuid()}))
