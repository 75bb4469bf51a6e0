"""A container's output from a Docker daemon, live and whole.

Following (``follow=True``) is live but not whole: with dockerd 20.10 a container that ends within milliseconds now and
then gives an empty stream, and a daemon that restarts ends it. So entries are asked for with their time, and once the
container has ended the log is read again from the last entry seen. The daemon sends one frame per entry (a line, or
16 KB of a long one), each with its own time in front. podman 4.3 loses lines of a chatty job in the middle, and tells
seconds only: there the log is not whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from emulator.executors import daemon

if TYPE_CHECKING:
    from docker import APIClient

OVERLAP = 0.01


def chunks(client: APIClient, container: str) -> Iterator[bytes]:
    """Output of both streams from the start to the end. Raises ``Gone`` if there is no such container (any more)."""
    last, times = b"", 0  # the time of the last entry, and how many entries of that time there were
    with daemon.errors("Docker gives no logs"):
        running = True
        while running:
            running = bool(client.inspect_container(container)["State"]["Running"])
            for stamp, data in _after(_entries(client, container, last, follow=running), last, times):
                last, times = stamp, times + 1 if stamp == last else 1
                yield data
            if running:
                time.sleep(0.01)


def _after(entries: Iterator[tuple[bytes, bytes]], last: bytes, times: int) -> Iterator[tuple[bytes, bytes]]:
    """What comes after the entries seen; times have nine digits and compare as text."""
    for stamp, data in entries:
        if stamp > last:
            yield stamp, data
        elif stamp == last:
            if times == 0:
                yield stamp, data
            times = max(0, times - 1)


def _entries(client: APIClient, container: str, last: bytes, follow: bool) -> Iterator[tuple[bytes, bytes]]:
    from urllib3.exceptions import HTTPError

    since = datetime.fromisoformat(last.decode()).timestamp() - OVERLAP if last else None
    stream = client.logs(container, stream=True, follow=follow, timestamps=True, since=since)
    try:
        for frame in stream:
            stamp, _, data = frame.partition(b" ")
            yield stamp, data
    except HTTPError:  # the connection broke: the caller asks what became of the container, and reads on
        return
    finally:
        stream._response.close()  # type: ignore[attr-defined]  # its own close() leaves the socket open
