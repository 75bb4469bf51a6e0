"""Describe calls on unfinished work are held until the work ends: a long poll inside an unmodified client.

Why: the SDK's ``run(logs=True)`` sleeps 10 s, describes, and then describes again only after 30 s and one more log
poll. A 12 s job costs its user 54 s with plain answers and 17.5 s when Describe waits for the end; ``fit`` and
``execution.wait()`` (30 s between describes) gain alike. Measured with unmodified clients.

A held call must never look like a hanging server, so:

* calls of our own engines are never held, nor any with the setting ``hold`` off, nor the AWS CLI's (a person who asks
  "what is it doing" wants to know now; ``aws ... wait`` is held);
* a client that says it waits is held at once: botocore marks calls made by a waiter with ``B`` in the ``m/`` part of
  its User-Agent. The SageMaker SDK is held from 3 s of the record's age on, so that a describe right after a create
  is answered; everyone else is answered once at once, and held from their second Describe of the same record on;
* a call is held for at most 25 s, well below the 60 s read timeout of botocore;
* a retry (``amz-sdk-request: attempt=2``) means that somebody's timeout is shorter than that: it is answered at once,
  and this caller is held for at most 2 s from then on;
* at most 96 calls are held at a time, since each keeps one of the server's threads.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from emulator import arns
from emulator.aws.call import Call
from emulator.callers import LONGEST, Callers
from emulator.services import Services
from handlers.sagemaker.resource import Record

YOUNG = 3.0

_WAITER = re.compile(r"(?:^|\s)m/(?:[^\s]*,)?B(?:,|\s|$)")
_ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)")
_ATTEMPT = re.compile(r"attempt=(\d+)")


def hold(
    call: Call,
    services: Services,
    kind: str,
    name: str,
    record: Record,
    running: Collection[str],
    status_member: str,
) -> Record:
    """The record once its status is out of ``running``, or as it is when the caller may not be held (any longer)."""
    if record.get(status_member) not in running or call.internal or not services.settings.hold:
        return record
    seconds = _seconds(call, services.callers, f"{kind}/{call.scope.region}/{name}", record)
    if seconds <= 0 or not services.callers.slots.acquire(blocking=False):
        return record
    try:
        held = services.store.records.wait(
            call.scope, kind, name, lambda now: now.get(status_member) not in running, seconds
        )
    finally:
        services.callers.slots.release()
    return held or record


def _seconds(call: Call, callers: Callers, record_id: str, record: Record) -> float:
    """How long this call may be held; 0 for not at all."""
    headers = {name.lower(): value for name, value in call.headers.items()}
    agent, caller = headers.get("user-agent", ""), _caller(headers)
    attempt = _ATTEMPT.search(headers.get("amz-sdk-request", ""))
    if attempt and int(attempt[1]) > 1:
        callers.shorten(caller, record_id)
        return 0
    known = callers.seen(caller, record_id)
    if _WAITER.search(agent):
        return known or LONGEST
    if agent.startswith("aws-cli/"):
        return 0
    if "AWS-SageMaker-Python-SDK" in agent:
        return known or LONGEST if arns.now() - record["CreationTime"] > YOUNG else 0
    return known or 0


def _caller(headers: dict[str, str]) -> str:
    key = _ACCESS_KEY.search(headers.get("authorization", ""))
    return f"{key[1] if key else ''} {headers.get('user-agent', '')}"
