"""What the pytest plugin's fixture gives: a running server as an object."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.commands import _servers
from emulator.credentials import KeyPair


@dataclass(frozen=True)
class Emulator:
    """A running server. ``health`` is what it says of itself (url, proxy, executor, account, region …)."""

    health: Mapping[str, Any]

    @property
    def url(self) -> str:
        """The address for ``endpoint_url``."""
        return str(self.health["url"])

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables that make AWS this server, on top of ``environ``."""
        from emulator.commands._environment import changes

        return changes(self.health, environ)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this server."""
        import boto3

        pair = next(iter(_servers.key_pairs(self.health)), KeyPair("emulator", "emulator"))
        known = {
            "endpoint_url": self.url,
            "region_name": self.health["region"],
            "aws_access_key_id": pair.id,
            "aws_secret_access_key": pair.secret,
        }
        make: Any = boto3.client  # its hints have an overload per service name
        return make(service, **(known | options))

    def reset(self) -> None:
        """Forget all resources, objects, logs and jobs."""
        _servers.ask(self.url, "reset", "POST", timeout=120)


@contextlib.contextmanager
def running(folder: Path, flags: Sequence[str]) -> Iterator[Emulator]:
    """A server on a free port with its data in ``folder``, ended with the block."""
    with _servers.started(["--port", "0", *flags], folder) as health:
        yield Emulator(health)
