"""XGBoost on several hosts: who takes part, and the ring of those who do.

Two rounds, as in AWS's container: in the first all hosts say whether they have data (with ``ShardedByS3Key`` one may
have none), the second trains with those alone. The first host by name runs the tracker and tells where;
the others may come before it listens, so they ask again for a while.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

PORT = 9099
_PATIENCE = 120.0


@contextlib.contextmanager
def ring(hosts: list[str], current: str, port: int) -> Iterator[None]:
    """Inside, ``xgboost.collective`` connects these hosts, in the order of their names."""
    from xgboost import collective
    from xgboost.tracker import RabitTracker

    names = sorted(hosts)
    tracker = None
    if current == names[0]:
        tracker = RabitTracker(len(names), host_ip=socket.gethostbyname(current), sortby="task")
        tracker.start()
        known = tracker.worker_args()
        _tell(known, port, len(names) - 1)
    else:
        known = _ask(names[0], port)
    with collective.CommunicatorContext(**known, dmlc_task_id=f"{names.index(current):04d}"):
        yield
    if tracker:
        tracker.wait_for()


def with_data(hosts: list[str], current: str, has_data: bool) -> list[str]:
    """The hosts that take part in training."""
    from xgboost import collective

    with ring(hosts, current, PORT):
        answers: list[Any] = [
            collective.broadcast((current, has_data), rank) for rank in range(collective.get_world_size())
        ]
    return sorted(host for host, included in answers if included)


def _tell(known: dict[str, Any], port: int, times: int) -> None:
    """Tell that many askers where the tracker is (it picks its own port, whatever it is asked for)."""
    listener = socket.create_server(("", port))

    def answer() -> None:
        with listener:
            for _ in range(times):
                asker = listener.accept()[0]
                with asker:
                    asker.sendall(json.dumps(known).encode())

    threading.Thread(target=answer, daemon=True).start()


def _ask(host: str, port: int) -> dict[str, Any]:
    """Where the tracker of ``host`` is; that container may still be starting."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with socket.create_connection((host, port), timeout=10) as connection:
                return dict(json.loads(b"".join(iter(lambda: connection.recv(4096), b""))))
        except (OSError, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
