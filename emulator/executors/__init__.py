"""Executors: what runs a container. Every module of this folder that carries ``@executor(name)`` is one.

:func:`choose` makes the one a server uses, :func:`describe` says for ``doctor`` which would work here and why not.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from emulator.config import Settings
from emulator.executors import base
from emulator.executors.base import Executor, ExecutorError, Finding

__all__ = ["Executor", "ExecutorError", "Finding", "choose", "describe", "names"]


def names() -> list[str]:
    """All executors, found by importing this folder once (none of its modules imports anything heavy)."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(base.registered())


def describe(work: Path) -> list[Finding]:
    """Every executor's own probe; takes about 0.1 s, starts nothing that stays."""
    return [base.registered()[name].probe(work) for name in names() if hasattr(base.registered()[name], "probe")]


def choose(settings: Settings, work: Path) -> Executor:
    """The executor of this server; ``work`` is a folder of its own. ``auto`` takes Docker if a daemon answers, else
    ``process``. Never fails: where an executor cannot run here, each job fails with a message that says why, and the
    rest of the server works."""
    known = names()
    name = settings.executor
    if name == "auto":
        name = "docker" if base.registered()["docker"].probe(work).usable else "process"
    if name not in known:
        raise ExecutorError(f"no executor {name!r}; there are {', '.join(known)}")
    made: Executor = base.registered()[name](work)
    return made
