"""Operation name -> function, and the one way to run an operation: check the input, run, project on the output shape.

Beside each function stands what it does (:class:`Does`): docs/coverage.md is made from that.

The gateway and the engines (tuning, pipelines, jobs) both come through :func:`run`, so a pipeline's training job is
validated, stored and answered exactly as a client's. Handlers register by decorator; a name the service's model does
not have, or a second function for the same operation, is refused at import.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator.aws import model
from emulator.aws.call import Call
from emulator.aws.serialize import answers_with, project
from emulator.aws.validate import validate
from emulator.errors import ServiceError, unsupported

Handler = Callable[[Call, Any], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Does:
    """What an operation does here, in a word, and a note for whoever wonders; of a refusal it is the reason."""

    what: str
    note: str = ""


EXECUTES = Does("executes")
"""It runs the work, or works out the answer, as AWS does."""
KEEPS = Does("keeps state")
"""It is checked, recorded, changed and listed as AWS does; nothing else comes of it."""

_handlers: dict[tuple[str, str], Handler] = {}
_does: dict[tuple[str, str], Does] = {}


def keeps(note: str) -> Does:
    """As :data:`KEEPS`, with a note on what else AWS would do."""
    return Does(KEEPS.what, note)


def refused(reason: str) -> Does:
    """It is answered with an error, always; ``reason`` says why, and what to do instead."""
    return Does("refused", reason)


class NotOurs(Exception):
    """Raised by a function of :func:`shared` operations: this call is for whoever else answers the service."""


def operation(service: str, *names: str, does: Does = KEEPS, status: int = 0) -> Callable[[Handler], Handler]:
    """Register a function ``(call, services) -> dict`` for operations of a service (see :func:`add`)."""

    def register(function: Handler) -> Handler:
        for name in names:
            add(service, name, function, does, status)
        return function

    return register


def shared(service: str, *names: str) -> Callable[[Handler], Handler]:
    """As :func:`operation`, for services of which we answer some calls about things of ours and leave the rest.

    Their names are checked by a test, not here: Glue's model alone would cost every start 20 MB.
    """

    def register(function: Handler) -> Handler:
        for name in names:
            if (service, name) in _handlers:
                raise ValueError(f"{service}.{name} is registered twice")
            _handlers[service, name] = function
        return function

    return register


def add(service: str, name: str, function: Handler, does: Does = KEEPS, status: int = 0) -> None:
    """Register one function for one operation; ``ValueError`` on unknown or doubled names. ``status`` is what it is
    answered with, where AWS answers otherwise than its model says."""
    if name not in model.service(service).operation_names:
        raise ValueError(f"{service} has no operation {name}")
    if (service, name) in _handlers:
        raise ValueError(f"{service}.{name} is registered twice")
    _handlers[service, name] = function
    _does[service, name] = does
    if status:
        answers_with(service, name, status)


def refuse(service: str, *names: str, reason: str) -> None:
    """Register operations that are answered with a refusal and nothing else."""

    def handler(call: Call, services: Any) -> dict[str, Any]:
        raise unsupported(call.operation, reason)

    for name in names:
        add(service, name, handler, refused(reason))


def does(service: str, name: str) -> Does | None:
    """What an operation does; ``None`` where it has no function."""
    return _does.get((service, name))


def handles(service: str, name: str | None) -> bool:
    """Whether an operation has a function."""
    return (service, name) in _handlers


def run(call: Call, services: Any) -> dict[str, Any]:
    """Run one call and return its output, cut to the output shape. Raises :class:`ServiceError`."""
    validate(call.service, call.operation, call.params)
    handler = _handlers.get((call.service, call.operation))
    if handler is None:
        raise ServiceError(
            "NotImplementedException",
            f"{call.service}.{call.operation} is not implemented by sagemaker-emulator yet.",
            501,
        )
    return project(call.service, call.operation, handler(call, services) or {})
