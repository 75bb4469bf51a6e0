"""How the files of a mount get into a Docker container and back: three ways, one of which works anywhere.

``bind``     the daemon sees our file system: bind mounts, nothing is copied;
``rewrite``  we are a container with the socket mounted: bind mounts of what lies behind our own volumes on the host;
``archive``  a remote daemon, or our folder is on no volume: tar streams into the created container and out of the ended
             one. Ten times slower than a bind, flat memory.

:func:`choose` tries them with a token file. It needs no process to run: the daemon reads a file out of a container that
was created but never started, mounts included, so that the probe takes 0.1 s and works with any image.

Binds are ``Mount(type="bind")``: the older ``Binds`` make an empty root-owned folder of a source that is not there.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from emulator.executors import daemon, tarstream
from emulator.executors.base import ExecutorError, Gone, Mount
from emulator.executors.surroundings import Surroundings

if TYPE_CHECKING:
    from docker import APIClient

HELPER = "sagemaker-emulator.helper"
TOKEN_TARGET = "/.sagemaker-emulator-probe"
SECURITY = ["label=disable"]  # SELinux would deny a container our files


class Transport(Protocol):
    """``binds`` when a container is created, ``put`` before it starts, ``take`` once it has ended."""

    name: str

    def binds(self, mounts: Iterable[Mount]) -> list[Any]: ...

    def put(self, container: str, mounts: Sequence[Mount]) -> None: ...

    def take(self, container: str, image: str, mounts: Sequence[Mount]) -> None: ...


class Bind:
    """Bind mounts. ``prefixes`` maps our folders to the daemon's (empty: they are the same)."""

    name = "bind"

    def __init__(self, client: APIClient, prefixes: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self.client, self.prefixes, self.labels = client, prefixes, dict(labels)
        if prefixes:
            self.name = "rewrite"

    def binds(self, mounts: Iterable[Mount]) -> list[Any]:
        from docker.types import Mount as Bound

        return [Bound(m.target, self._theirs(m.source), type="bind", read_only=m.read_only) for m in mounts]

    def _theirs(self, source: Path) -> str:
        path = os.path.realpath(source) if self.prefixes else str(source.absolute())
        for ours in sorted(self.prefixes, key=len, reverse=True):
            if path == ours or path.startswith(ours.rstrip("/") + "/"):
                return self.prefixes[ours].rstrip("/") + path[len(ours.rstrip("/")) :]
        return path

    def put(self, container: str, mounts: Sequence[Mount]) -> None:
        pass

    def take(self, container: str, image: str, mounts: Sequence[Mount]) -> None:
        """Make everything the container wrote ours. Most images run as root; a server that is not root could not even
        delete what they leave. Done by ``chown`` in a throw-away container, and only if there is something foreign."""
        foreign = [m for m in mounts if not m.read_only and has_foreign(m.source)]
        if not foreign or os.geteuid() == 0:
            return
        self._chown(image, foreign)

    def _chown(self, image: str, mounts: Sequence[Mount]) -> None:
        config = self.client.create_host_config(mounts=self.binds(mounts), network_mode="none", security_opt=SECURITY)
        made = self.client.create_container(
            image,
            entrypoint=["chown", "-Rh", f"{os.geteuid()}:{os.getegid()}"],
            command=[m.target for m in mounts],
            user="0:0",
            labels={**self.labels, HELPER: ""},
            host_config=config,
        )
        try:
            with daemon.errors(f"the job left files of another user, and {image} has no chown to give them back"):
                self.client.start(made["Id"])
                self.client.wait(made["Id"])
        finally:
            self.client.remove_container(made["Id"], v=True, force=True)


class Archive:
    """Tar streams. A read-only mount is put, never taken; the container may still write to its own copy."""

    name = "archive"

    def __init__(self, client: APIClient) -> None:
        self.client = client

    def binds(self, mounts: Iterable[Mount]) -> list[Any]:
        return []

    def put(self, container: str, mounts: Sequence[Mount]) -> None:
        self.client.put_archive(container, "/", tarstream.pack((m.source, m.target) for m in mounts))

    def take(self, container: str, image: str, mounts: Sequence[Mount]) -> None:
        for mount in mounts:
            if mount.read_only:
                continue
            try:
                with daemon.errors(f"{mount.target} could not be fetched"):
                    stream, _ = self.client.get_archive(container, mount.target)
                    tarstream.unpack(stream, mount.source)
            except Gone:  # the job removed the folder itself
                tarstream.empty(mount.source)


def has_foreign(folder: Path) -> bool:
    """Whether anything below a folder is not ours, or cannot even be listed."""
    me = os.geteuid()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_uid != me:
                    return True
                if entry.is_dir(follow_symlinks=False) and has_foreign(Path(entry.path)):
                    return True
    except PermissionError:
        return True
    return False


def choose(
    client: APIClient, around: Surroundings, image: str, work: Path, labels: Mapping[str, str], force: str | None = None
) -> Transport:
    """The first way that works, or the one that is asked for by name."""
    prefixes = {str(m["Destination"]): str(m["Source"]) for m in around.mounts if m.get("Source")}
    ways: list[Transport] = [Bind(client, {}, labels)]
    if prefixes:
        ways.append(Bind(client, prefixes, labels))
    ways.append(Archive(client))
    if force:
        found = next((way for way in ways if way.name == force), None)
        if not found:
            raise ExecutorError(f"transport {force!r} is not possible here: {', '.join(w.name for w in ways)}")
        return found
    return next(way for way in ways if way.name == "archive" or _works(client, way, image, work, labels))


def _works(client: APIClient, way: Transport, image: str, work: Path, labels: Mapping[str, str]) -> bool:
    """Whether a bind made this way shows the container the file that we wrote."""
    folder = work / f"probe-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    token = secrets.token_bytes(16)
    (folder / "token").write_bytes(token)
    try:
        return _read_token(client, way.binds([Mount(folder, TOKEN_TARGET, read_only=True)]), image, labels) == token
    finally:
        shutil.rmtree(folder)


def _read_token(client: APIClient, binds: list[Any], image: str, labels: Mapping[str, str]) -> bytes | None:
    config = client.create_host_config(mounts=binds, security_opt=SECURITY)
    try:
        with daemon.errors(f"no image {image} on this Docker daemon"):
            made = client.create_container(image, ["probe"], labels={**labels, HELPER: ""}, host_config=config)
    except Gone:
        raise
    except ExecutorError:  # "bind source path does not exist": not our file system
        return None
    try:
        with daemon.errors("the probe container cannot be read"):
            stream, _ = client.get_archive(made["Id"], f"{TOKEN_TARGET}/token")
            with tarfile.open(fileobj=tarstream.Readable(stream), mode="r|") as archive:
                return next((content.read() for m in archive if (content := archive.extractfile(m))), None)
    except ExecutorError:
        return None
    finally:
        client.remove_container(made["Id"], v=True, force=True)


def sweep(client: APIClient, labels: Mapping[str, str]) -> None:
    """Remove helpers that a killed server left."""
    wanted = [*(f"{k}={v}" for k, v in labels.items()), HELPER]
    for helper in client.containers(all=True, filters={"label": wanted}):
        client.remove_container(helper["Id"], v=True, force=True)
