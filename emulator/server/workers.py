"""Threads for connections, started on demand. The one that became free last gets the next job: its caches are warm."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]


class _Worker:
    """A thread's place in the row of free ones: the job it is to do, and the lock it sleeps on."""

    __slots__ = ("job", "wake")

    def __init__(self, job: Job) -> None:
        self.job: Job | None = job
        self.wake = threading.Lock()
        self.wake.acquire()


class Workers:
    """At most ``most`` threads; one that had nothing to do for ``idle`` seconds ends. Jobs beyond wait in order."""

    def __init__(self, most: int, idle: float) -> None:
        self._most = most
        self._idle_seconds = idle
        self._lock = threading.Lock()
        self._free: list[_Worker] = []
        self._waiting: deque[Job] = deque()
        self._count = 0

    def submit(self, job: Job) -> None:
        """Have ``job`` done by a thread; it must not raise."""
        with self._lock:
            if self._free:
                worker = self._free.pop()
                worker.job = job
                worker.wake.release()
                return
            if self._count >= self._most:
                self._waiting.append(job)
                return
            self._count += 1
        try:
            threading.Thread(target=self._work, args=(_Worker(job),), name="worker", daemon=True).start()
        except RuntimeError:  # the system has no thread left: the job waits for one of ours
            with self._lock:
                self._count -= 1
                self._waiting.append(job)

    def _work(self, worker: _Worker) -> None:
        while worker.job is not None:
            worker.job()
            worker.job = None
            with self._lock:
                if self._waiting:
                    worker.job = self._waiting.popleft()
                    continue
                self._free.append(worker)
            if not worker.wake.acquire(timeout=self._idle_seconds):
                self._leave(worker)

    def _leave(self, worker: _Worker) -> None:
        """End for want of work, unless some was given at this very moment."""
        with self._lock:
            if worker in self._free:
                self._free.remove(worker)
                self._count -= 1
                return
        worker.wake.acquire()
