"""One container with our toolkit inside, without jobs or server: an ``/opt/ml`` to fill, a command to run in it."""

from __future__ import annotations

import http.client
import io
import json
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.config import Settings
from emulator.executors.base import ContainerSpec, Executor, Image, Mount
from emulator.images.catalogue import Images


class Box:
    """An ``/opt/ml`` under ``folder`` and how to run something in it on one executor."""

    def __init__(self, folder: Path, executor: Executor, image: Image) -> None:
        self.ml = folder / "ml"
        self.executor, self.image = executor, image
        for name in ("input/config", "input/data", "model", "output", "code"):
            (self.ml / name).mkdir(parents=True)
        self.channels: dict[str, Any] = {}
        self.configure("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"]})

    def configure(self, name: str, content: Mapping[str, Any]) -> None:
        """Write ``input/config/<name>.json``."""
        (self.ml / "input/config" / f"{name}.json").write_text(json.dumps(content))

    def hyperparameters(self, **values: str) -> None:
        self.configure("hyperparameters", values)

    def channel(self, name: str, files: Mapping[str, str], content_type: str = "") -> None:
        """Give the job a channel; ``files`` by their path in it."""
        for path, text in files.items():
            target = self.ml / "input/data" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self.channels[name] = {"TrainingInputMode": "File", **({"ContentType": content_type} if content_type else {})}
        self.configure("inputdataconfig", self.channels)

    def code(self, **files: str | bytes) -> str:
        """Pack a ``sourcedir.tar.gz`` (``__`` in a name is a dot) and return its path inside."""
        path = self.ml / "input/data/code/sourcedir.tar.gz"
        path.parent.mkdir()
        with tarfile.open(path, "w:gz") as tar:
            for name, text in files.items():
                content = text if isinstance(text, bytes) else text.encode()
                member = tarfile.TarInfo(name.replace("__", "."))
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return "/opt/ml/input/data/code/sourcedir.tar.gz"

    def spec(self, *arguments: str, port: int | None = None, **environment: str) -> ContainerSpec:
        return ContainerSpec(
            "toolkit-test",
            self.image,
            arguments=arguments,
            environment=environment,
            mounts=(Mount(self.ml, "/opt/ml"),),
            port=port,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run to the end: exit code and log."""
        container = self.executor.start(self.spec(*arguments, **environment))
        try:
            log = b"\n".join(self.executor.logs(container)).decode()
            done = self.executor.wait(container, 120)
            assert done is not None, log
            return done.code, log
        finally:
            self.executor.remove(container)

    def failure(self) -> str:
        return (self.ml / "output/failure").read_text()

    def files(self, below: str) -> list[str]:
        folder = self.ml / below
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def box_of(uri: str, executor: Executor, folder: Path) -> Box:
    """A box with the stand-in of ``uri``, made now if this machine has none yet."""
    return Box(folder, executor, Images(Settings(), folder, executor.name).resolve(uri))


class Serving:
    """A container that runs ``serve``; a context manager that waits until it answers."""

    def __init__(self, box: Box, **environment: str) -> None:
        self.box, self.environment = box, environment

    def __enter__(self) -> Serving:
        self.container = self.box.executor.start(self.box.spec("serve", port=8080, **self.environment))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.ask("GET", "/ping")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.1)
            if self.box.executor.wait(self.container, 0.05):
                break
        log = self.log()
        self.box.executor.remove(self.container)
        raise AssertionError(f"serve never answered:\n{log}")

    def __exit__(self, *_: object) -> None:
        self.box.executor.remove(self.container)

    def log(self) -> str:
        self.box.executor.stop(self.container, 1)
        return b"\n".join(self.box.executor.logs(self.container)).decode()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str, bytes]:
        """Status, content type, body."""
        host, port = self.box.executor.address(self.container)
        connection = http.client.HTTPConnection(host, port, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        finally:
            connection.close()

    def invoke(self, body: bytes, content_type: str, accept: str = "") -> tuple[int, str, bytes]:
        headers = {"Content_Type": content_type, **({"Accept": accept} if accept else {})}
        return self.ask("POST", "/invocations", body, **headers)
