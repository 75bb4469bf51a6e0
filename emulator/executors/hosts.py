"""The /etc/hosts of process jobs: every host name is a loopback address of its own, so that several hosts of a job, and
several jobs with an ``algo-1``, live on one machine. The file is bound into the containers and rewritten in place, so
that those which run already see a host that joins later."""

from __future__ import annotations

import secrets
from pathlib import Path

FIRST = 2


class Hosts:
    """The names of one network, kept in the file ``path``. Not locked: the executor calls it one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: dict[str, str] = {}
        # Somewhere in 127/8 where no other job is, nor anything that the machine listens on (127.0.0.1, 127.0.0.53).
        self.block = f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(256)}"
        self._write()

    def add(self, name: str) -> str:
        """The address of a host name, given at its first use."""
        if name not in self.names:
            self.names[name] = f"{self.block}.{FIRST + len(self.names)}"
            self._write()
        return self.names[name]

    def _write(self) -> None:
        lines = [line for line in _machine() if not self.names.keys() & set(line.split()[1:])]
        lines += [f"{address} {name}" for name, address in self.names.items()]
        with self.path.open("a+") as file:  # the same inode: it is mounted
            file.truncate(0)
            file.write("".join(f"{line}\n" for line in lines))


def _machine() -> list[str]:
    """The machine's own lines, with localhost whatever happens."""
    try:
        lines = [line.partition("#")[0].strip() for line in Path("/etc/hosts").read_text().splitlines()]
    except OSError:
        lines = []
    lines = [line for line in lines if line]
    return lines if any("localhost" in line.split() for line in lines) else ["127.0.0.1 localhost", *lines]
