"""Hooks that rows of the table share: hand a job to the engine, stop it, look after references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator import arns
from emulator.aws.call import Call
from emulator.errors import validation
from emulator.jobs.base import JobKey
from emulator.store import Query
from handlers.sagemaker.resource import Hook, Record, dig, refusal, words

if TYPE_CHECKING:
    from emulator.services import Services


def submit(kind: str) -> Hook:
    """Queue a new job; should the server die first, the engine finds the stored record when it recovers."""

    def hook(call: Call, services: Services, record: Record) -> None:
        services.engine.submit(JobKey(call.scope, kind, record[f"{kind}Name"]))

    return hook


def stop_job(kind: str) -> Hook:
    """Ask the engine to stop a job; the job's status says Stopping from then on."""

    def hook(call: Call, services: Services, record: Record) -> None:
        services.engine.stop(JobKey(call.scope, kind, record[f"{kind}Name"]))

    return hook


def refers(
    member: str, kind: str, error: str = "{kind} '{name}' does not exist.", code: str = "ValidationException"
) -> Hook:
    """``record[member]``, where it is given, must name (or be the ARN of) a stored ``kind``; ``member`` may be a path
    (``OutputConfig.ModelPackageGroupIdentifier``), ``error`` may use ``{name}``, ``{given}`` and ``{kind}``."""

    def hook(call: Call, services: Services, record: Record) -> None:
        given = dig(record, member)
        name = given and arns.own(call.scope, given, words(kind, "-"))
        if given is not None and services.store.records.get(call.scope, kind, name) is None:
            raise refusal(call, code, error.format(name=name, given=given, kind=kind))

    return hook


def in_turn(*hooks: Hook) -> Hook:
    """Several hooks as one."""

    def hook(call: Call, services: Services, record: Record) -> None:
        for one in hooks:
            one(call, services, record)

    return hook


def childless(kind: str, error: str, code: str = "ValidationException") -> Hook:
    """Refuse a Delete while records of ``kind`` have this one as their parent."""

    def hook(call: Call, services: Services, record: Record) -> None:
        name = arns.tail(next(iter(call.params.values())))
        if services.store.records.list(call.scope, kind, Query(parent=name, limit=1)).items:
            raise refusal(call, code, error.format(name=name))

    return hook


def find_model(call: Call, services: Services, name: str) -> Record:
    """The model of that name; AWS's ``Could not find model`` (which SDK and waiters compare) when there is none."""
    record = services.store.records.get(call.scope, "Model", name)
    if record is None:
        raise validation(f'Could not find model "{arns.arn(call.scope, f"model/{name}")}".')
    return record


def require_one(given: Record, first: str, second: str, where: str) -> None:
    """Exactly one of two members, neither of which the model requires."""
    if (first in given) == (second in given):
        found = "both" if first in given else "neither"
        raise validation(f"Exactly one of {first} and {second} is required in {where}, {found} given.")


def require(given: Record, member: str, where: str) -> None:
    """A member that the service needs although the model does not say so, in the words of model validation."""
    if member not in given:
        path = where[0].lower() + where[1:] + "." if where else ""
        raise validation(
            f"1 validation error detected: Value null at '{path}{member[0].lower()}{member[1:]}' failed to satisfy "
            "constraint: Member must not be null"
        )


def unique(values: list[str], what: str) -> None:
    """No value twice."""
    doubled = sorted({value for value in values if values.count(value) > 1})
    if doubled:
        raise validation(f"{what} must be unique; given more than once: {', '.join(doubled)}.")
