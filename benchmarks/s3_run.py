"""What ``benchmarks/s3.py`` measures, on all servers in turn: rate, server CPU seconds and peak memory, and the bars.

Not obvious: on a virtual machine a page of memory that nothing has touched yet costs ten times the writing of it, and
one server or another pays by chance. So before each round of a phase that writes files, as much memory is used and
given back (:func:`touch`). The other programs of a machine slow it down but never speed it up: of several rounds the
best rate and the least CPU count, and the highest memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from harness import bar, pss
from s3_peers import Peer

MB = 1 << 20
SLOW = 20.0
OURS = "emulator"


@dataclass
class Measured:
    """A phase on one server: units a second, server CPU seconds, the server's peak memory over idle in bytes."""

    rate: float
    cpu: float
    peak: float

    def better(self, other: Measured) -> Measured:
        """The best of both rounds in each respect; of memory the worst."""
        return Measured(max(self.rate, other.rate), min(self.cpu, other.cpu), max(self.peak, other.peak))


@dataclass
class Run:
    """All servers, the options, and what was measured: ``results[phase][server]``."""

    peers: list[Peer]
    sizes: list[int]
    keys: int
    requests: int
    folder: Path
    idle: dict[str, int] = field(default_factory=dict)
    results: dict[str, dict[str, Measured]] = field(default_factory=dict)

    @property
    def ours(self) -> Peer:
        """Our own server."""
        return next(peer for peer in self.peers if peer.name == OURS)

    def measure(
        self,
        phase: str,
        unit: str,
        amount: float,
        work: Callable[[Peer], object],
        *,
        rounds: int = 3,
        writes: int = 0,
        skip: Collection[str] = (),
    ) -> None:
        """Do ``work`` on each server in turn and print; the rate is ``amount`` over wall seconds. ``writes``: MB that
        go to files in a round. A server that took longer than :data:`SLOW` seconds gets no second round."""
        row = self.results.setdefault(phase, {})
        peers = [peer for peer in self.peers if peer.name not in skip]
        for _ in range(rounds):
            for peer in list(peers):
                found, seconds = self._once(peer, amount, work, writes)
                row[peer.name] = found.better(row[peer.name]) if peer.name in row else found
                if seconds > SLOW:
                    peers.remove(peer)
        for name, found in row.items():
            print(
                f"{phase:26} {name:10} {found.rate:10.1f} {unit:6} cpu {found.cpu:7.2f} s"
                f"  peak over idle {found.peak / MB:7.1f} MB",
                flush=True,
            )

    def _once(self, peer: Peer, amount: float, work: Callable[[Peer], object], writes: int) -> tuple[Measured, float]:
        touch(self.folder / "touched", 2 * writes)
        cpu, begun = peer.cpu(), time.perf_counter()
        with peer.peak_memory() as peak:
            work(peer)
            seconds = time.perf_counter() - begun
        highest = max(peak.value, pss(peer.pid)) - self.idle[peer.name]
        return Measured(amount / seconds, peer.cpu() - cpu, highest), seconds

    def ratio(self, phase: str, peer: str, of: str = OURS) -> float | None:
        """The rate of one server by another's; None where this run has not both."""
        row = self.results.get(phase, {})
        return row[of].rate / row[peer].rate if of in row and peer in row else None

    def least_ratio(self, phase: str, peer: str, limit: float) -> bool:
        """Hold our rate against the peer's; a phase that was not run is held to nothing."""
        found = self.ratio(phase, peer)
        return found is None or bar(f"{phase} / {peer}", found, limit, "x", True)

    def tell_ratio(self, phase: str, peer: str, of: str = OURS) -> None:
        """A ratio without a bar."""
        found = self.ratio(phase, peer, of)
        if found is not None:
            print(f"{f'{phase}: {of} / {peer}':52} {found:8.2f} x")

    def tell_less_cpu(self, phase: str, peer: str) -> None:
        """How many times our CPU seconds a peer takes."""
        row = self.results.get(phase, {})
        if OURS in row and peer in row and row[OURS].cpu:
            print(f"{f'{phase}: server CPU of {peer} / ours':52} {row[peer].cpu / row[OURS].cpu:8.2f} x")

    def most_cpu(self, phase: str, gigabytes: float, limit: float) -> bool:
        """Hold our CPU seconds per GB."""
        found = self.results.get(phase, {}).get(OURS)
        return found is None or bar(f"{phase}: server CPU", found.cpu / gigabytes, limit, "s/GB", False)

    def most_memory(self, limit: float) -> bool:
        """Hold our peak over idle (MB), of all phases."""
        peak = max((row[OURS].peak for row in self.results.values() if OURS in row), default=0.0)
        return bar("peak memory over idle, all phases", peak / MB, limit, "MB", False)


def touch(scratch: Path, size: int) -> None:
    """Use ``size`` MB of page cache and give it back."""
    piece = bytes(MB)
    with scratch.open("wb", buffering=0) as file:
        for _ in range(size):
            file.write(piece)
    scratch.unlink()
