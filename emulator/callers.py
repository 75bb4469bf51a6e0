"""Who asked about which unfinished work before: the memory of the long poll in ``handlers/sagemaker/holding.py``.

What is remembered is lost at a restart or reset; that costs one early answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

LONGEST = 25.0
AFTER_RETRY = 2.0
MOST_HELD = 96
MOST_CALLERS = 10_000


class Callers:
    """Who has been answered about what, and how long each may be held. Bounded; thread-safe."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(MOST_HELD)

    def seen(self, caller: str, record: str) -> float | None:
        """Seconds this caller may be held on this record; ``None`` when it never asked. Notes that it has now."""
        with self._lock:
            known = self._seen.pop((caller, record), None)
            self._seen[caller, record] = LONGEST if known is None else known
            while len(self._seen) > MOST_CALLERS:
                self._seen.popitem(last=False)
            return known

    def shorten(self, caller: str, record: str) -> None:
        """This caller had to retry: hold it only briefly from now on."""
        with self._lock:
            self._seen[caller, record] = AFTER_RETRY
