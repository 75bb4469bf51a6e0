"""Jobs whose work nothing here does: compilation, optimization, AutoML, benchmarks and the like keep their state only.

Such a job is a record like any other: checked, listed, tagged, stopped, deleted. It passes the statuses of its kind
and ends as failed, with a reason that says why; it never claims a result, for there is none. Ending it as completed
would send its caller looking for a model that nobody made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.sagemaker.cycle import Becoming, Cycle, Record

REASON = "ClientError: sagemaker-emulator keeps {what} as records and does not run them. This one has no result."
ENDED = ("ValidationException", "The request was rejected because the {label} is in status {status}.")
LOUD = ("STARTING", "INPROGRESS", "FAILED", "STOPPING", "STOPPED")
QUIET = ("InProgress", "Failed", "Stopping", "Stopped")


def unrun(
    what: str,
    statuses: Sequence[str] = QUIET,
    reason: str = "FailureReason",
    stamps: Mapping[str, Sequence[str]] | None = None,
    more: Mapping[str, Mapping[str, Any]] | None = None,
) -> Cycle:
    """The life of jobs of a kind: ``statuses`` in order, the last three being failed, stopping and stopped.

    ``what`` names the jobs in the reason (``compilation jobs``), ``reason`` is the member that gets it; ``more`` lays
    members over the record as it enters a status (a second status, say).
    """
    *running, failed, stopping, stopped = statuses
    changes = {status: dict(members) for status, members in (more or {}).items()}
    changes.setdefault(failed, {})[reason] = REASON.format(what=what)
    return Cycle(
        create=(*running, failed),
        stop=(stopping, stopped),
        failed=failed,
        reason=reason,
        refusal=ENDED,
        stamps=stamps or {},
        becomes={status: _always(members) for status, members in changes.items()},
    )


def _always(members: Record) -> Becoming:
    return lambda record: members
