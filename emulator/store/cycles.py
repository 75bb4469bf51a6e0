"""Statuses that change by themselves: what a record is to become, and when, stands in its own row.

A plan is a record's private member ``_cycle``: the status member, the seconds between steps, and the steps still to
come, each ``{"status": ..., "changes": {...}, "stamps": [...]}`` or ``{"gone": True}``. The time of the next step is
in the row's ``due`` column, written in the same transaction as the status it leaves; so a server that is killed and
started again goes on where the plan stands, and one that was away for long takes all steps that came due meanwhile.

Steps are taken by whoever reads next (:meth:`Cycles.settle` costs a comparison when nothing is due) and by one thread,
which waits for the next due time and lives only while there is one: held Describe calls are woken, idle costs nothing.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from emulator.arns import Scope, now
from emulator.store.database import Database
from emulator.store.records import Records
from emulator.store.tags import Tags

log = logging.getLogger(__name__)

PLAN = "_cycle"
DUE = "SELECT account, region, kind, name, arn, due, record FROM records"
CLOSE_SECONDS = 2.0


class Cycles:
    """The plans of all records, and the thread that carries them out between :meth:`start` and :meth:`close`."""

    def __init__(self, database: Database, records: Records, tags: Tags) -> None:
        self._database = database
        self._records = records
        self._tags = tags
        self._changed = threading.Condition()
        self._next = -math.inf  # nobody has looked yet
        self._thread: threading.Thread | None = None
        self._open = False

    def arm(self, scope: Scope, kind: str, name: str, record: Mapping[str, Any]) -> None:
        """Carry out the plan of a record just written, or none if it has none; inside the transaction that wrote it."""
        plan = record.get(PLAN)
        due = now() + plan["pace"] if plan else None
        with self._database.transaction():
            self._at(scope, kind, name, due)
            if due is not None:
                self._database.after_commit(partial(self._sooner, due))

    def settle(self) -> None:
        """Take all steps that are due. Not inside a transaction, whose rollback would lose them."""
        if self._next == math.inf or self._next > now() or self._database.in_transaction:
            return
        while self._next <= now():
            with self._database.transaction():
                for row in self._database.rows(f"{DUE} WHERE due <= ? ORDER BY due, id", (now(),)):
                    self._step(row)
                first = self._database.row("SELECT min(due) FROM records WHERE due IS NOT NULL")[0]
                with self._changed:  # still inside: who arms meanwhile waits for this transaction and tells after it
                    self._next = math.inf if first is None else first

    def start(self) -> None:
        """Carry out plans from now on, those of an earlier server first."""
        self.settle()
        with self._changed:
            self._open = True
            self._hire()

    def close(self) -> None:
        """Leave the rest to the next server."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def _sooner(self, due: float) -> None:
        with self._changed:
            self._next = min(self._next, due)
            self._changed.notify_all()
            self._hire()

    def _hire(self) -> None:
        if self._open and self._thread is None and self._next < math.inf:
            self._thread = threading.Thread(target=self._work, name="cycles", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while self._wait():
            try:
                self.settle()
            except sqlite3.Error:  # a full disk: readers meet the same error, and the step stays due
                log.exception("statuses could not be brought up to date")
                with self._changed:
                    self._changed.wait(1.0)

    def _wait(self) -> bool:
        """Wait until a step is due; False when there is none any more, or the server closes."""
        with self._changed:
            while self._open and self._next < math.inf:
                left = self._next - now()
                if left <= 0:
                    return True
                self._changed.wait(left)
            self._thread = None
            return False

    def _step(self, row: Any) -> None:
        account, region, kind, name, arn, due, text = row
        scope, plan = Scope(account, region), orjson.loads(text).get(PLAN)
        if plan is None:  # a change took it away and did not say so
            self._at(scope, kind, name, None)
            return
        step, *rest = plan["steps"]
        if step.get("gone"):
            self._records.delete(scope, kind, name)
            self._tags.drop(arn)
            return
        changes = {
            plan["member"]: step["status"],
            "LastModifiedTime": due,
            **step.get("changes", {}),
            **dict.fromkeys(step.get("stamps", ()), due),
            PLAN: {**plan, "steps": rest} if rest else None,
        }
        self._records.update(scope, kind, name, changes, status=step["status"])
        self._at(scope, kind, name, due + plan["pace"] if rest else None)

    def _at(self, scope: Scope, kind: str, name: str, due: float | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE records SET due = ? WHERE account = ? AND region = ? AND kind = ? AND name = ?",
                (due, *scope, kind, name),
            )
