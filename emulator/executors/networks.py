"""Docker networks for jobs: which one a container joins, under what names, and where it is then reached.

Measured: making a network costs 90 ms, removing it 190 ms, so a job of one host uses the default bridge; several hosts
get a network of their own, on which their host names resolve. ``none`` isolates a job; a *server* that must be isolated
cannot use it, for we could not reach it either: it gets an internal network of its own, without a way out.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.executors import daemon
from emulator.executors.base import ContainerSpec, ExecutorError, Gone
from emulator.executors.surroundings import Surroundings

if TYPE_CHECKING:
    from docker import APIClient


@dataclass(frozen=True, slots=True)
class Attachment:
    """What ``create_container`` needs: network mode, names for /etc/hosts, endpoint settings with the alias.
    ``private``: the network is there for this container alone."""

    mode: str | None
    hosts: dict[str, str]
    config: Any = None
    private: bool = False


def attach(
    client: APIClient, around: Surroundings, spec: ContainerSpec, name: str, labels: Mapping[str, str]
) -> Attachment:
    """Default network, isolation, or a job's own network, for the container ``name``. A server that should be isolated
    is not where ports are published (Docker Desktop, remote): Docker publishes none of an internal network."""
    hosts = {"host.docker.internal": around.host} if around.direct else {}
    if spec.network == "none" and not spec.port:
        return Attachment("none", {spec.hostname: "127.0.0.1"})
    if spec.network == "none" and around.direct:
        private = create(client, private_name(name), labels, internal=True)
        return Attachment(private, {}, _named(client, private, spec.hostname), private=True)
    mode = around.network if spec.network in {None, "none"} else spec.network
    if not mode or mode == "bridge":
        return Attachment(None, hosts)
    return Attachment(mode, hosts, _named(client, mode, spec.hostname))


def _named(client: APIClient, network: str, alias: str) -> Any:
    endpoints: Any = {network: client.create_endpoint_config(aliases=[alias])}
    return client.create_networking_config(endpoints)


def private_name(container: str) -> str:
    """The name of the network that only this container uses."""
    return f"{container}-private"


def join(client: APIClient, around: Surroundings, container: str, attachment: Attachment) -> None:
    """Where we run in a container ourselves: let a container with a network of its own reach us, or us reach it."""
    if not around.me or not around.network or not attachment.mode or attachment.mode in {"none", around.network}:
        return
    if attachment.private:
        client.connect_container_to_network(around.me, attachment.mode)
    else:
        client.connect_container_to_network(container, around.network)


def create(client: APIClient, name: str, labels: Mapping[str, str], internal: bool = False) -> str:
    """A bridge network of exactly this name."""
    with daemon.errors("Docker could not make a network (`docker network prune` frees addresses)"):
        client.create_network(name, driver="bridge", labels=dict(labels), internal=internal)
    return name


def unique(name: str) -> str:
    """A name that Docker takes and that is free: a job may run again while its first containers are being removed."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{name}-{secrets.token_hex(3)}").lstrip("_.-")


def remove(client: APIClient, network: str) -> None:
    """Remove a network, cutting off whoever is still on it; nothing happens if there is none."""
    with suppress(Gone), daemon.errors(f"Docker could not remove network {network}"):
        for container in client.inspect_network(network)["Containers"] or {}:
            client.disconnect_container_from_network(container, network, force=True)
        client.remove_network(network)


def sweep(client: APIClient, labels: Mapping[str, str]) -> None:
    """Remove our networks on which nobody is: a server that was killed had no time to."""
    for network in client.networks(filters={"label": [f"{k}={v}" for k, v in labels.items()]}):
        if not client.inspect_network(network["Id"])["Containers"]:
            remove(client, network["Id"])


def address(around: Surroundings, seen: Mapping[str, Any], port: int) -> tuple[str, int]:
    """Where ``port`` of an inspected container is reached from here."""
    settings = seen["NetworkSettings"]
    for binding in settings["Ports"].get(f"{port}/tcp") or ():
        return around.remote or "127.0.0.1", int(binding["HostPort"])
    attached = settings["Networks"]
    shared = attached.get(around.network or "", {}).get("IPAddress")
    found = shared or next((n["IPAddress"] for n in attached.values() if n.get("IPAddress")), None)
    if not found or not port:
        raise ExecutorError(f"container {seen['Name'].lstrip('/')} has no address: it does not run, or serves nothing")
    return found, port
