"""Showing on stderr what a server started in the background has to tell: what is being made, and what went wrong.

The first run of a job may take minutes to make its environment; the command that waits for it knows nothing of that.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from emulator.commands._output import DIM, note, styled

_LINE = re.compile(r"[\d-]+ [\d:,]+ (?P<level>\w+) (?P<logger>[\w.]+): (?P<text>.*)")
PROGRESS = ("emulator.jobs.job", "emulator.images")
PAUSE = 0.2


@contextlib.contextmanager
def following(log: Path, start: int) -> Iterator[None]:
    """Show what is worth showing of a log file from byte ``start`` on, while the block runs."""
    stop = threading.Event()
    thread = threading.Thread(target=_follow, args=(log, start, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _follow(log: Path, start: int, stop: threading.Event) -> None:
    told: set[str] = set()
    with log.open(errors="replace") as lines:
        lines.seek(start)
        kept = ""
        while True:
            ended = stop.wait(PAUSE)
            kept += lines.read()
            *whole, kept = kept.split("\n")
            for line in whole:
                _tell(line, told)
            if ended:
                return


def _tell(line: str, told: set[str]) -> None:
    """One line, if it is worth it; the same remark about a second job is not."""
    found = _LINE.fullmatch(line)
    if not found or (found["level"] == "INFO" and not found["logger"].startswith(PROGRESS)):
        return
    remark = found["text"].partition(": ")[2] or found["text"]
    if remark in told:
        return
    told.add(remark)
    note(styled(DIM, f"sagemaker-emulator: {found['text']}", sys.stderr))
