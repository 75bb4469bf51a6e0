"""The life cycle of a resource as data (:class:`Cycle`), and its plan for the store (emulator/store/cycles.py).

    Resource("NotebookInstance", cycle=Cycle(
        create=("Pending", "InService"), stop=("Stopping", "Stopped"), start=("Pending", "InService"),
        update=("Updating", "Stopped"), delete="Deleting", allowed={"Update": ("Stopped", "Failed"), ...}))

Each verb names the statuses it leads through; the last one stays. How long each of the others lasts is the setting
``pace``. The row needs no ``status`` and no ``running`` then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator import arns
from emulator.store.cycles import PLAN

Record = dict[str, Any]
Becoming = Callable[[Record], Record]

BUSY = "{noun} {name} cannot be {verbed}: it is in status {status}."
VERBED = {"Update": "updated", "Delete": "deleted", "Start": "started", "Stop": "stopped"}


@dataclass(frozen=True, slots=True)
class Cycle:
    """The statuses of one kind of resource, in AWS's spelling.

    ``create``, ``update``, ``start``, ``stop``: what the verb leads through; an empty one changes nothing. ``delete``:
    the status until the record is gone; empty for at once. ``left``: the status it is left in instead of being gone
    (the name is then free for a new one all the same). ``failed``: where a provoked failure leads (empty: such a
    resource cannot fail), ``reason`` the member that says why (``Error.Reason``). ``allowed``: verb -> the statuses it
    may be called in; by default Update and Delete in any that stays, Start where Stop leads to, Stop before Create's
    end (jobs) or, with ``start``, at it (servers).
    ``refusal``: code and text of the answer in any other status; it may use ``{noun} {label} {name} {arn} {verb}
    {verbed} {status} {statuses}`` (the allowed) ``{target}`` (the verb's first status).
    ``stamps``: status -> members that get the time it is entered; ``becomes``: status -> function of the record,
    computed when the verb is called, whose members are laid over the record when the status is entered.
    """

    create: Sequence[str]
    update: Sequence[str] = ()
    start: Sequence[str] = ()
    stop: Sequence[str] = ()
    delete: str = ""
    left: str = ""
    failed: str = "Failed"
    reason: str = "FailureReason"
    allowed: Mapping[str, Collection[str]] = field(default_factory=dict)
    refusal: tuple[str, str] = ("ResourceInUse", BUSY)
    stamps: Mapping[str, Sequence[str]] = field(default_factory=dict)
    becomes: Mapping[str, Becoming] = field(default_factory=dict)

    @property
    def transient(self) -> frozenset[str]:
        """The statuses that pass by themselves."""
        journeys = (self.create, self.update, self.start, self.stop)
        staying = {journey[-1] for journey in journeys if journey}
        passing = {status for journey in journeys for status in journey[:-1]} | {self.delete} - {""}
        return frozenset(passing - staying)

    def statuses(self, verb: str) -> Sequence[str]:
        """What a verb leads through."""
        found: Sequence[str] = {
            "Create": self.create,
            "Update": self.update,
            "Start": self.start,
            "Stop": self.stop,
            "Delete": tuple(filter(None, (self.delete, self.left))),
        }[verb]
        return found

    def allows(self, verb: str, status: str) -> bool:
        """Whether a verb may be called on a resource in this status."""
        if verb in self.allowed:
            return status in self.allowed[verb]
        if verb == "Start":
            return status in self.stop[-1:]
        if verb == "Stop":
            return status in (self.create[-1:] if self.start else self.create[:-1])
        return status not in self.transient and status != self.left

    def refuse(self, verb: str, status: str, texts: Mapping[str, str]) -> tuple[str, str]:
        """Code and text of the error of a verb in a status that does not allow it; ``texts`` are the row's own."""
        code, text = self.refusal
        journey = self.statuses(verb)
        more = {
            "verb": verb,
            "verbed": VERBED[verb],
            "status": status,
            "statuses": ", ".join(self.allowed.get(verb, ())),
            "target": journey[0] if journey else "",
        }
        return code, text.format(**texts, **more)

    def journey(self, verb: str, member: str, record: Record, pace: float) -> Record:
        """The changes that send a record on a verb's way: its first status now, and the plan for the others.

        With no pace it arrives at once; a Delete then leaves nothing to plan, which the caller must see to. A record
        with a ``_fate`` (faults) arrives at ``failed``, with that text as its reason.
        """
        statuses = self.statuses(verb)
        fate = record.get("_fate", "") if verb != "Delete" and self.failed else ""
        steps = [self._step(status, record) for status in statuses]
        if fate:
            steps = [*steps[: max(1, len(steps) - 1)], {"status": self.failed, "changes": _nested(self.reason, fate)}]
        first, rest = (steps[0], steps[1:]) if pace else (_merged(steps), [])
        if verb == "Delete" and not self.left:
            rest = [{"gone": True}]
        now = arns.now()
        return {
            member: first["status"],
            **first.get("changes", {}),
            **dict.fromkeys(first.get("stamps", ()), now),
            PLAN: {"member": member, "pace": pace, "steps": rest} if rest else None,
            "_fate": None,
        }

    def _step(self, status: str, record: Record) -> Record:
        step: Record = {"status": status}
        if status in self.becomes:
            step["changes"] = self.becomes[status](record)
        if status in self.stamps:
            step["stamps"] = list(self.stamps[status])
        return step


def _nested(path: str, value: str) -> Record:
    """``Error.Reason`` -> ``{"Error": {"Reason": value}}``."""
    head, _, rest = path.partition(".")
    return {head: _nested(rest, value) if rest else value}


def _merged(steps: Sequence[Record]) -> Record:
    """All steps as one: the last status with what every step changes."""
    changes = {member: value for step in steps for member, value in step.get("changes", {}).items()}
    stamps = [member for step in steps for member in step.get("stamps", ())]
    return {"status": steps[-1]["status"], "changes": changes, "stamps": stamps}
