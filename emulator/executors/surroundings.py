"""Where this server sits as seen from the Docker daemon: on its host, in one of its containers, or elsewhere.

From that follow the URL under which job containers reach us, whether we reach their addresses directly, and which
network they must share with us. Three cases, told apart by facts and not by platform names:

* the bridge's gateway is an address of this machine (Linux, plain dockerd): direct, the URL is the gateway's;
* we run in a container of this daemon (its id shows in ``/proc/self/mountinfo``; the host name may be anything): jobs
  join our network, the URL is our own address on it;
* neither (Docker Desktop, rootless, remote): ports are published, the URL is ``host.docker.internal``, or for a remote
  daemon the address this machine has on the way to it.

URLs carry an address where possible: an S3 client that meets an IP uses path-style, a host name may make it put the
bucket in front of it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.executors import daemon
from emulator.executors.base import Gone

if TYPE_CHECKING:
    from docker import APIClient

OWN_ID = re.compile(r"/containers/([0-9a-f]{64})/(?:hostname|hosts|resolv\.conf|userdata)")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``host``: what containers call us; ``direct``: their addresses are ours to reach; ``network``: the one that they
    must join (``None``: the default); ``remote``: the daemon's machine where it is another one; ``me``: our container's
    id, ``mounts``: its mounts as ``inspect`` tells them; ``listen``: where we must listen besides our own address."""

    host: str
    direct: bool
    network: str | None = None
    remote: str | None = None
    me: str | None = None
    mounts: tuple[Mapping[str, Any], ...] = ()
    listen: tuple[str, ...] = field(default=())


def look(client: APIClient, url: str) -> Surroundings:
    """Find out; three requests to the daemon at most."""
    if remote := daemon.host_of(url):
        return _far(remote)
    me = _own_container(client)
    if me and me["HostConfig"]["NetworkMode"] != "host":
        return _contained(me)
    gateway = bridge_gateway(client)
    mounts = tuple(me["Mounts"]) if me else ()
    if gateway and _is_ours(gateway):
        return Surroundings(gateway, direct=True, me=me["Id"] if me else None, mounts=mounts, listen=(gateway,))
    return Surroundings(_host_name(client), direct=False)


def _host_name(client: APIClient) -> str:
    """What a daemon calls its host inside containers. podman's leads to the bridge, which is there only while a
    container runs: our server must listen on 0.0.0.0 for that."""
    with daemon.errors("the daemon does not say what it is"):
        components = client.version().get("Components") or [{}]
    podman = "podman" in str(components[0].get("Name", "")).lower()
    return "host.containers.internal" if podman else "host.docker.internal"


def _far(remote: str) -> Surroundings:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect((remote, 9))  # sends nothing: asks the routing table for our side of the way
            own = probe.getsockname()[0]
        except OSError:
            own = "127.0.0.1"
    if ipaddress.ip_address(own).is_loopback:  # tcp:// on this very machine, or a tunnel
        return Surroundings("host.docker.internal", direct=False, remote=remote)
    return Surroundings(own, direct=False, remote=remote, listen=(own,))


def _contained(me: Mapping[str, Any]) -> Surroundings:
    networks = me["NetworkSettings"]["Networks"]
    mounts = tuple(me["Mounts"])
    for name, settings in networks.items():
        if address := settings.get("IPAddress"):
            return Surroundings(address, direct=True, network=name, me=me["Id"], mounts=mounts, listen=(address,))
    return Surroundings("host.docker.internal", direct=False, me=me["Id"], mounts=mounts)


def _own_container(client: APIClient) -> dict[str, Any] | None:
    """``inspect`` of the container we run in, if this daemon knows it."""
    try:
        found = OWN_ID.search(Path("/proc/self/mountinfo").read_text())
        if found:
            with daemon.errors("Docker does not know our container"):
                return dict(client.inspect_container(found.group(1)))
    except (OSError, Gone):
        pass
    return None


def bridge_gateway(client: APIClient) -> str | None:
    """The host's address on the default network. Daemons leave ``Gateway`` out at times: then it is the first of the
    subnet. podman calls the network ``podman``."""
    for name in ("bridge", "podman"):
        configs: list[dict[str, str]] = []
        with suppress(Gone), daemon.errors(f"Docker does not show network {name}"):
            configs = client.inspect_network(name)["IPAM"]["Config"] or []
        for config in configs:
            if ":" not in config.get("Subnet", ":"):
                first = next(ipaddress.ip_network(config["Subnet"]).hosts())
                return str(config.get("Gateway") or first)
    return None


def _is_ours(address: str) -> bool:
    """Whether this machine (this network namespace) has the address."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
