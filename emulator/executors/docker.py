"""The ``docker`` executor: containers on a Docker (or podman) daemon through the docker SDK's plain API client.

What a newcomer would get wrong: ``init=True``, for a Python as process 1 ignores SIGTERM and takes the full grace to
stop; ``hostname`` must resolve inside, or framework toolkits wait 15 minutes for it (the bridge writes it to
/etc/hosts, ``none`` does not: then ``extra_hosts`` does); containers carry our instance's label, so that we find and
clean only what is ours; a container's mounts travel in a label, so that a restarted server can still bring them back.
"""

from __future__ import annotations

import json
import math
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.executors import daemon, dockerlogs, networks, surroundings, transports
from emulator.executors.base import Container, ContainerSpec, ExecutorError, Exit, Finding, Gone, Mount, executor
from emulator.executors.lines import split_lines

if TYPE_CHECKING:
    from docker import APIClient

OURS = "sagemaker-emulator"
MOUNTS = "sagemaker-emulator.mounts"
PORT = "sagemaker-emulator.port"
NO_IMAGE = ". Pull or build it, or give a local one its name with `sagemaker-emulator images add`"
PATIENCE = 600.0  # seconds; then ask again: a connection to a remote daemon may have died in silence
SHARED_MEMORY = "1g"


@executor("docker")
class DockerExecutor:
    """``work`` is a folder of ours; it keeps the instance's id and is where the probe writes. ``url`` is the daemon's,
    found if not given; ``transport`` forces one by name. Nothing is connected before the first use. Safe for many
    threads."""

    name: str

    def __init__(self, work: Path, url: str | None = None, transport: str | None = None) -> None:
        self.work = work
        self.instance = _instance(work)
        self._url, self._force = url, transport
        self._lock = threading.RLock()
        self._transport: transports.Transport | None = None
        self._endings: dict[str, Exit] = {}
        self._closing: dict[str, threading.Lock] = {}

    @classmethod
    def probe(cls, work: Path) -> Finding:
        """Whether a daemon answers; imports nothing heavy."""
        url = daemon.find()
        if url:
            return Finding("docker", True, f"a daemon answers at {url}")
        return Finding("docker", False, "no Docker daemon answers", "start Docker or set DOCKER_HOST, to run any image")

    @cached_property
    def url(self) -> str:
        return self._url or daemon.find() or "unix:///var/run/docker.sock"

    @property
    def client(self) -> APIClient:
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> APIClient:
        client = daemon.connect(self.url)
        networks.sweep(client, {OURS: self.instance})
        transports.sweep(client, {OURS: self.instance})
        return client

    @property
    def around(self) -> surroundings.Surroundings:
        """Where we are as seen from the daemon."""
        with self._lock:
            return self._around

    @cached_property
    def _around(self) -> surroundings.Surroundings:
        return surroundings.look(self.client, self.url)

    def transport(self, image: str) -> transports.Transport:
        """How files travel; found out once, with the first image that is at hand."""
        with self._lock:
            if not self._transport:
                labels = {OURS: self.instance}
                self._transport = transports.choose(
                    self.client, self.around, image, self.work, labels, force=self._force
                )
            return self._transport

    def start(self, spec: ContainerSpec) -> Container:
        """Create, fill and start. Raises :class:`ExecutorError`; then nothing is left."""
        transport = self.transport(spec.image.reference)
        name = networks.unique(spec.name)
        attachment = networks.attach(self.client, self.around, spec, name, {OURS: self.instance})
        try:
            with daemon.errors(f"Docker could not start {spec.image.reference}"):
                made = self.client.create_container(**self._creation(spec, name, transport, attachment))
                transport.put(made["Id"], spec.mounts)
                networks.join(self.client, self.around, made["Id"], attachment)
                self.client.start(made["Id"])
        except ExecutorError as error:
            self.remove(Container(name, name))
            raise ExecutorError(f"{error}{NO_IMAGE if isinstance(error, Gone) else ''}") from error
        return Container(made["Id"], name, dict(spec.labels))

    def _creation(
        self, spec: ContainerSpec, name: str, transport: transports.Transport, attachment: networks.Attachment
    ) -> dict[str, Any]:
        """The arguments of ``create_container``."""
        from docker.types import DeviceRequest, LogConfig

        published: dict[int | str, Any] = {}
        if spec.port and not self.around.direct:
            published[spec.port] = ("0.0.0.0" if self.around.remote else "127.0.0.1",)
        mounts = [[str(m.source.absolute()), m.target, m.read_only] for m in spec.mounts]
        labels = {**spec.labels, OURS: self.instance, MOUNTS: json.dumps(mounts), PORT: str(spec.port or "")}
        return {
            "image": spec.image.reference,
            "name": name,
            "hostname": spec.hostname,
            "entrypoint": list(spec.entrypoint) if spec.entrypoint is not None else None,
            "command": list(spec.arguments) if spec.arguments is not None else None,
            "environment": dict(spec.environment),
            "labels": labels,
            "ports": list(published) or None,
            "networking_config": attachment.config,
            "host_config": self.client.create_host_config(
                init=True,
                mounts=transport.binds(spec.mounts),
                network_mode=attachment.mode,
                extra_hosts=attachment.hosts,
                port_bindings=published or None,
                shm_size=SHARED_MEMORY,
                # Readable and never rotated, whatever the daemon's default is.
                log_config=LogConfig(type="json-file", config={"max-size": "1000g"}),
                security_opt=transports.SECURITY,
                device_requests=[DeviceRequest(count=-1, capabilities=[["gpu"]])] if spec.gpus else None,
            ),
        }

    def wait(self, container: Container, timeout: float | None = None) -> Exit | None:
        """Exit once it ended and its files are back (done once, whoever waits); ``None`` after ``timeout``."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while container.id not in self._endings:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            try:
                if self._ended(container, left):
                    self._end(container)
            except Gone:
                return Exit(-1, lost=True)
        return self._endings[container.id]

    def _ended(self, container: Container, timeout: float | None) -> bool:
        """Wait once; false when the time is over, or the daemon hung up (it restarts): then try again."""
        from requests.exceptions import ConnectionError, ReadTimeout

        with daemon.errors(f"Docker does not tell how {container.name} goes"):
            try:
                self.client.wait(container.id, timeout=min(timeout or PATIENCE, PATIENCE))  # type: ignore[arg-type]
            except (ConnectionError, ReadTimeout):
                time.sleep(0.05)
                return False
        return True

    def _end(self, container: Container) -> None:
        """Bring the files back and keep the exit; the first thread does it, the others wait for it."""
        with self._lock:
            once = self._closing.setdefault(container.id, threading.Lock())
        with once, daemon.errors(f"the files of {container.name} could not be fetched"):
            if container.id in self._endings:
                return
            seen = self.client.inspect_container(container.id)
            mounts = [Mount(Path(s), t, r) for s, t, r in json.loads(seen["Config"]["Labels"].get(MOUNTS, "[]"))]
            self.transport(seen["Image"]).take(container.id, seen["Image"], mounts)
            state = seen["State"]
            started = state["Status"] != "created"  # else a server was killed before it started what it had created
            ended = Exit(state["ExitCode"], out_of_memory=bool(state.get("OOMKilled")))
            self._endings[container.id] = ended if started else Exit(-1, lost=True)

    def stop(self, container: Container, grace: float) -> None:
        """SIGTERM, SIGKILL after ``grace`` seconds (Docker counts whole ones)."""
        with suppress(Gone), daemon.errors(f"Docker could not stop {container.name}"):
            self.client.stop(container.id, timeout=math.ceil(grace))

    def logs(self, container: Container) -> Iterator[bytes]:
        """Lines of both streams, live."""
        with suppress(Gone):
            yield from split_lines(dockerlogs.chunks(self.client, container.id))

    def remove(self, container: Container) -> None:
        """Kill, delete, with its anonymous volumes and the network that was made for it alone."""
        try:
            with suppress(Gone), daemon.errors(f"Docker could not remove {container.name}"):
                self.client.remove_container(container.id, v=True, force=True)
        except ExecutorError as error:
            if "already in progress" not in str(error):
                raise
        networks.remove(self.client, networks.private_name(container.name))
        with self._lock:
            self._endings.pop(container.id, None)
            self._closing.pop(container.id, None)

    def find(self, labels: Mapping[str, str]) -> list[Container]:
        """Ours alone: containers of this data folder's server, present or earlier."""
        wanted = {**labels, OURS: self.instance}
        with daemon.errors("Docker does not list its containers"):
            found = self.client.containers(all=True, filters={"label": [f"{k}={v}" for k, v in wanted.items()]})
        internal = {OURS, MOUNTS, PORT}
        return [
            Container(c["Id"], c["Names"][0].lstrip("/"), {k: v for k, v in c["Labels"].items() if k not in internal})
            for c in found
            if MOUNTS in c["Labels"]  # else a helper of the moment
        ]

    def address(self, container: Container) -> tuple[str, int]:
        """The container's own address where we reach it, else the published port on the daemon's machine."""
        with daemon.errors(f"{container.name} cannot be reached"):
            seen = self.client.inspect_container(container.id)
        return networks.address(self.around, seen, int(seen["Config"]["Labels"].get(PORT) or 0))

    def endpoint(self, port: int) -> str:
        return f"http://{self.around.host}:{port}"

    def listen_addresses(self) -> list[str]:
        return list(self.around.listen)

    def create_network(self, name: str) -> str:
        return networks.create(self.client, networks.unique(name), {OURS: self.instance})

    def remove_network(self, network: str) -> None:
        networks.remove(self.client, network)

    def close(self) -> None:
        """Close the connections to the daemon, if there are any."""
        if "_client" in self.__dict__:
            self._client.close()


def _instance(work: Path) -> str:
    """The id in our labels. Kept in ``work``, not made from its path: servers in containers all have the same path."""
    file = work / "instance"
    work.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), file.open("x") as fresh:
        fresh.write(secrets.token_hex(6))
    return file.read_text()
