"""The /etc/hosts of process jobs."""

from __future__ import annotations

from pathlib import Path

from emulator.executors.hosts import Hosts


def names(path: Path) -> dict[str, str]:
    return {name: line.split()[0] for line in path.read_text().splitlines() for name in line.split()[1:]}


def test_every_name_is_an_address_of_its_own(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "hosts")
    inode = hosts.path.stat().st_ino
    assert hosts.add("algo-1") == hosts.add("algo-1") != hosts.add("algo-2")
    found = names(hosts.path)
    assert found["algo-1"].startswith("127.")
    assert (found["algo-1"], found["algo-2"]) == (hosts.names["algo-1"], hosts.names["algo-2"])
    assert found["localhost"] in {"127.0.0.1", "::1"}
    assert hosts.path.stat().st_ino == inode
