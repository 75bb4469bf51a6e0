"""Who is told of changes to records: functions that run inside the very transaction that makes the change.

For what SageMaker records by itself when a job begins or ends (trial components, lineage): it is committed with the
change or not at all, so nothing is to be found and repaired after a crash. The price is that a watcher must be quick
and only write to the store. A watcher's bug must not undo the change it was told of, hence the savepoint.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.arns import Scope

if TYPE_CHECKING:
    from emulator.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """A record was inserted (``before`` is ``None``) or updated; ``record`` is what it is now."""

    scope: Scope
    kind: str
    name: str
    before: dict[str, Any] | None
    record: dict[str, Any]

    def became(self, member: str, *values: str) -> bool:
        """Whether ``member`` has one of ``values`` only since this change (no values: any)."""
        new = self.record.get(member)
        old = None if self.before is None else self.before.get(member)
        return new is not None and new != old and (not values or new in values)


Watcher = Callable[[Change, Any], None]

_watchers: dict[str, list[Watcher]] = {}


def watches(*kinds: str) -> Callable[[Watcher], Watcher]:
    """Register a function ``(change, services)`` for the records of these kinds; in order of registration."""

    def register(function: Watcher) -> Watcher:
        for kind in kinds:
            _watchers.setdefault(kind, []).append(function)
        return function

    return register


def attach(store: Store, services: Any) -> None:
    """Tell the registered functions of this store's changes from now on, handing them ``services``."""
    store.records.tell = partial(_tell, services)


def _tell(services: Any, connection: sqlite3.Connection, change: Change) -> None:
    for watcher in _watchers.get(change.kind, ()):
        connection.execute("SAVEPOINT watcher")
        try:
            watcher(change, services)
        except Exception:  # an edge: what is derived from a change must never keep a job from beginning or ending
            log.exception("%s %s: what follows from its change is not recorded", change.kind, change.name)
            connection.execute("ROLLBACK TO watcher")
        finally:
            connection.execute("RELEASE watcher")
