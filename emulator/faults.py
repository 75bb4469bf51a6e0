"""Faults armed for tests: the next calls of an operation fail, are throttled, are slow, or make work that ends Failed.

Every call comes by :meth:`Faults.run`, a client's through the gateway and the engines' own alike, so a fault for
CreateTrainingJob meets a pipeline's training step too. Faults are met in the order they were armed; each call uses up
one of ``times`` of the first that fits (a slow one, and then the next that does something else). They are not kept: a
restart or a reset forgets them.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from emulator import arns
from emulator.aws import registry
from emulator.aws.call import Call
from emulator.errors import ServiceError

EFFECTS = ("error", "throttle", "slow", "outcome")
CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
# How services say "too fast": code, text, HTTP status. SageMaker's and Logs' form where no other is known.
THROTTLED = {
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "iam": ("Throttling", "Rate exceeded", 400),
    "sts": ("Throttling", "Rate exceeded", 400),
}
THROTTLED_ELSE = ("ThrottlingException", "Rate exceeded", 400)
LONGEST = 600.0
NAMES = ("Name", "Arn", "Id", "Bucket", "Key")

# Operations whose resource can end as failed by itself: the table of resources fills it in.
_failing: set[tuple[str, str]] = set()


def can_fail(service: str, operation: str) -> None:
    """Say that what this operation makes can end as failed, with ``Call.fate`` as the reason."""
    _failing.add((service, operation))


class BadFault(ValueError):
    """What was to be armed makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One armed fault.

    ``operation`` is ``service.Operation`` in botocore's spelling; ``match`` a shell pattern for a name, id or ARN in
    the call (empty: any call); ``times`` how many calls are still to meet it (0: all, until it is cleared). ``code``,
    ``message`` and ``status`` belong to ``error`` (``throttle`` fills them in), ``seconds`` to ``slow``, and ``reason``
    to ``outcome``: the FailureReason that what is created ends with.
    """

    operation: str
    effect: str = "error"
    match: str = ""
    times: int = 1
    code: str = "InternalFailure"
    message: str = "Provoked through /_emulator/faults."
    status: int = 500
    seconds: float = 1.0
    reason: str = CAPACITY
    id: str = ""

    @property
    def target(self) -> tuple[str, str]:
        """``("sagemaker", "CreateTrainingJob")``."""
        service, _, name = self.operation.partition(".")
        return service, name

    def fits(self, call: Call) -> bool:
        """Whether a call meets this fault."""
        if self.target != (call.service, call.operation):
            return False
        return not self.match or any(fnmatchcase(name, self.match) for name in _names(call.params))


def _names(params: Mapping[str, Any]) -> list[str]:
    """The names, ids and ARNs a call gives; of an ARN its last part too."""
    given = [value for member, value in params.items() if member.endswith(NAMES) and isinstance(value, str)]
    return given + [arns.tail(value) for value in given]


def read(given: Mapping[str, Any]) -> Fault:
    """A fault from what the admin API got; :class:`BadFault` on anything that would never do what is meant."""
    fields = {field.name: field for field in dataclasses.fields(Fault) if field.name != "id"}
    unknown = sorted(given.keys() - fields.keys())
    if unknown:
        raise BadFault(f"a fault has no {', '.join(unknown)}; it has {', '.join(fields)}")
    if "operation" not in given:
        raise BadFault('"operation" is missing: "sagemaker.CreateTrainingJob", say')
    for name, value in given.items():
        default = fields[name].default
        text = name == "operation" or isinstance(default, str)
        kind = str if text else (int, float) if isinstance(default, float) else int
        if isinstance(value, bool) or not isinstance(value, kind):
            raise BadFault(f"{name} is no {'text' if text else 'number'}: {value!r}")
    usual = {"status": 400} if "code" in given else {}  # an error with a code is mostly the caller's
    fault = Fault(**{**usual, **given})
    _check(fault)
    if fault.effect == "throttle":
        code, message, status = THROTTLED.get(fault.target[0], THROTTLED_ELSE)
        fault = dataclasses.replace(fault, code=code, message=message, status=status)
    return fault


def _check(fault: Fault) -> None:
    if not registry.handles(*fault.target):
        raise BadFault(f"{fault.operation!r} is no operation answered here; write it as sagemaker.CreateTrainingJob")
    if fault.effect not in EFFECTS:
        raise BadFault(f"effect {fault.effect!r} is none of {', '.join(EFFECTS)}")
    if not 400 <= fault.status <= 599:
        raise BadFault(f"status {fault.status} is no error: 400 to 599")
    if fault.times < 0 or not 0 <= fault.seconds <= LONGEST:
        raise BadFault(f"times counts from 0 (no end), seconds goes from 0 to {LONGEST:.0f}")
    if fault.effect == "outcome" and fault.target not in _failing:
        known = ", ".join(sorted(name for service, name in _failing if service == fault.target[0]))
        raise BadFault(
            f"what {fault.operation} makes cannot end as failed; of its service these can: {known or 'none'}"
        )


class Faults:
    """The armed faults. All methods may be called from any thread."""

    def __init__(self, run: Callable[[Call, Any], dict[str, Any]] = registry.run) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._armed: dict[str, Fault] = {}

    def arm(self, given: Mapping[str, Any]) -> Fault:
        """Arm one; :class:`BadFault`."""
        fault = read(given)
        with self._lock:
            fault = dataclasses.replace(fault, id=str(next(self._numbers)))
            self._armed[fault.id] = fault
        return fault

    def armed(self) -> list[Fault]:
        """Those that calls may still meet, in order."""
        with self._lock:
            return list(self._armed.values())

    def clear(self, fault_id: str | None = None) -> bool:
        """Forget one or, without an id, all; whether there was any."""
        with self._lock:
            found = [fault_id] if fault_id in self._armed else [] if fault_id is not None else list(self._armed)
            for name in found:
                del self._armed[name]
        return bool(found)

    def run(self, call: Call, services: Any) -> dict[str, Any]:
        """Run a call, unless a fault says otherwise. Raises :class:`ServiceError`."""
        if not self._armed:
            return self._run(call, services)
        slow = self._meet(call, lambda fault: fault.effect == "slow")
        if slow is not None:
            time.sleep(slow.seconds)
        met = self._meet(call, lambda fault: fault.effect != "slow")
        if met is None:
            return self._run(call, services)
        if met.effect != "outcome":
            raise ServiceError(met.code, met.message, met.status)
        try:
            return self._run(dataclasses.replace(call, fate=met.reason), services)
        except ServiceError:
            self._give_back(met)  # nothing was made that could fail
            raise

    def _meet(self, call: Call, wanted: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            met = next((fault for fault in self._armed.values() if wanted(fault) and fault.fits(call)), None)
            if met is not None and met.times == 1:
                del self._armed[met.id]
            elif met is not None and met.times > 1:
                self._armed[met.id] = dataclasses.replace(met, times=met.times - 1)
            return met

    def _give_back(self, met: Fault) -> None:
        if met.times:
            with self._lock:
                left = self._armed[met.id].times if met.id in self._armed else 0  # others may have met it meanwhile
                self._armed[met.id] = dataclasses.replace(met, times=left + 1)
