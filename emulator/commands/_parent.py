"""Ending with the parent process, even if that is killed with SIGKILL.

``PR_SET_PDEATHSIG`` would fire when the parent's *thread* ends that started us, which a test runner's fixture may well
do; a pidfd becomes readable when the process ends. Elsewhere than on Linux the parent's id is looked at each second.
"""

from __future__ import annotations

import os
import select
import threading
import time


def watch(stop: threading.Event) -> None:
    """Set ``stop`` once the process that is our parent now has ended."""
    parent = os.getppid()
    threading.Thread(target=_wait, args=(parent, stop), name="parent", daemon=True).start()


def _wait(parent: int, stop: threading.Event) -> None:
    try:
        descriptor = os.pidfd_open(parent)
    except (AttributeError, OSError):
        while os.getppid() == parent:
            time.sleep(1)
    else:
        if os.getppid() == parent:
            select.select([descriptor], [], [])
        os.close(descriptor)
    stop.set()
