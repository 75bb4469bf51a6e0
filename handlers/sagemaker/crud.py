"""Create, Describe, List, Update, Delete and Stop of every row of the table, driven by the row and botocore's model.

Records hold the Describe answer in the API's spelling; the registry cuts each answer to its output shape, so one
record answers Create (its ARN), Describe (all of it) and List (the summary). Members that begin with ``_`` are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from typing import Any

from emulator import arns
from emulator.aws import registry
from emulator.aws.call import Call
from emulator.errors import unsupported
from emulator.faults import can_fail
from emulator.services import Services
from emulator.store import Exists, Query
from emulator.store.cycles import PLAN
from handlers.sagemaker.holding import hold
from handlers.sagemaker.listing import answer, page
from handlers.sagemaker.resource import SERVICE, Record, Resource, dig, has, list_operation, refusal
from handlers.sagemaker.resources import RESOURCES
from handlers.sagemaker.tags import check_tags

# Parts of a request that are no part of the resource: tags have their own table, tokens only make retries safe.
NOT_KEPT = frozenset({"Tags", "ClientToken", "ClientRequestToken"})
REMOVE = "ToRemove"


def unchanged(record: Record) -> Record:
    """The changes of a call that only moves a record on."""
    return {}


def create(row: Resource, call: Call, services: Services) -> Record:
    """Store a new record and tell the row's engine; the answer is the record (cut to the ARN by the registry)."""
    return make(row, call, services, row.call_it(call.params))


def make(row: Resource, call: Call, services: Services, name: str) -> Record:
    """As :func:`create`, under a name that does not follow from the call alone."""
    services.store.cycles.settle()
    record = fresh(row, call, name)
    with services.store.transaction():  # what ``prepare`` finds there must be there still when the record is stored
        row.prepare(call, services, record)
        if row.cycle:
            record.update(row.cycle.journey("Create", row.status_member, record, services.settings.pace))
        insert(row, call, services, name, record)
    row.created(call, services, record)
    return record


def fresh(row: Resource, call: Call, name: str) -> Record:
    """The record of a Create call: times, ARN, first status, the row's defaults, then what the caller said."""
    now = arns.now()
    record: Record = {"CreationTime": now, "LastModifiedTime": now, "CreatedBy": {}, "LastModifiedBy": {}}
    record.update(row.defaults)
    # A copy: hooks complete the record in depth, and what an engine calls with stays the engine's.
    given = {row.renamed.get(member, member): value for member, value in call.params.items() if member not in NOT_KEPT}
    record.update(deepcopy(given))
    if row.new_id:
        record[row.facts.name] = name
    record[row.facts.arn] = row.arn(call.scope, row.arn_id() if row.arn_id else name)
    if row.status_member:
        record[row.status_member] = row.first_status
    if call.fate:
        record["_fate"] = call.fate
    return record


def insert(row: Resource, call: Call, services: Services, name: str, record: Record) -> None:
    """Store a record and its tags in one transaction; the row's duplicate error when the name is taken."""
    arn, tags = record[row.facts.arn], call.params.get("Tags", [])
    check_tags(tags)
    parent = arns.tail(str(record.get(row.parent, ""))) if row.parent else ""
    status, record = record.get(row.status_member, ""), {k: value for k, value in record.items() if value is not None}
    try:
        with services.store.transaction():
            _make_room(row, call, services, name)
            if row.unique:
                unique(row, call, services, record)
            services.store.records.insert(call.scope, row.noun, name, record, arn=arn, status=status, parent=parent)
            services.store.cycles.arm(call.scope, row.noun, name, record)
            if tags:
                services.store.tags.add(arn, tags)
    except Exists as error:
        raise row.duplicate_error(call, name) from error


def _make_room(row: Resource, call: Call, services: Services, name: str) -> None:
    """Forget a deleted resource that is still shown (``Deleted``), so that its name can be taken again."""
    if row.cycle and row.cycle.left:
        old = services.store.records.get(call.scope, row.noun, name)
        if old is not None and old[row.status_member] == row.cycle.left:
            services.store.records.delete(call.scope, row.noun, name)
            services.store.tags.drop(old[row.facts.arn])


def unique(row: Resource, call: Call, services: Services, record: Record) -> None:
    """Refuse a value that another resource of this kind has (``DomainName``: the name of the record is an id)."""
    same = {member: record[member] for member in (row.unique, row.within) if member}
    for stored in services.store.records.each(call.scope, row.noun, Query()):
        if same == {member: stored.record.get(member) for member in same}:
            raise row.duplicate_error(call, record[row.unique])


def find(row: Resource, call: Call, services: Services) -> tuple[str, Record]:
    """The name and record the call is about, its status up to date; the row's not-found error when there is none."""
    services.store.cycles.settle()
    name = row.name(call.params)
    if row.arn_id and (stored := services.store.records.by_arn(call.params[row.facts.name])):
        name = stored.name
    record = services.store.records.get(call.scope, row.noun, name)
    foreign = record and _foreign(row, call, record)
    if record is None or foreign:
        raise row.missing_error(call, foreign or name)
    return name, record


def _foreign(row: Resource, call: Call, record: Record) -> str:
    """An ARN that a call gives and that is not this record's (or its parent's: ``HubName``, ``HubArn``): its last part
    may fit although it names another region's resource, or one of another kind."""
    members = {member: f"{member.removesuffix('Name')}Arn" for member in row.keys} or {row.facts.name: row.facts.arn}
    for member, arn in members.items():
        given = str(call.params.get(member, ""))
        if given.startswith("arn:") and given.lower() != str(record.get(arn, record.get(member))).lower():
            return given
    return ""


@contextmanager
def hold_fast(row: Resource, call: Call, services: Services) -> Iterator[tuple[str, Record]]:
    """As :func:`find`, in a transaction: what is checked inside is still so when it is written inside."""
    services.store.cycles.settle()
    with services.store.transaction():
        yield find(row, call, services)


def describe(row: Resource, call: Call, services: Services) -> Record:
    """The record; held for a while when it stands for unfinished work (holding.py)."""
    name, record = find(row, call, services)
    if row.unfinished:
        record = hold(call, services, row.noun, name, record, row.unfinished, row.status_member)
        if PLAN in record and services.store.records.get(call.scope, row.noun, name) is None:
            raise row.missing_error(call, name)  # it was being deleted
    if row.facts.tagged:
        record = record | {"Tags": services.store.tags.get(record[row.facts.arn])}
    return whole(row, record)


def whole(row: Resource, record: Record) -> Record:
    """The record as Describe and Update give it."""
    return {row.wrapper: summary(row, record)} if row.wrapper else summary(row, record)


def list_(row: Resource, call: Call, services: Services) -> Record:
    """One page of summaries."""
    services.store.cycles.settle()
    for member, noun in row.lists_of.items():
        name = call.params.get(member)
        if name is not None and services.store.records.get(call.scope, noun, name) is None:
            raise RESOURCES[noun].missing_error(call, name)
    return answer(row.facts.items, page(row, call, services), partial(summary, row))


def summary(row: Resource, record: Record) -> Record:
    """The record with the members that an answer has elsewhere; the registry drops what is too much."""
    if not row.paths:
        return record
    found = {member: dig(record, path) for member, path in row.paths.items()}
    return record | {member: value for member, value in found.items() if value is not None}


def update(row: Resource, call: Call, services: Services) -> Record:
    """Lay the call's members over the record: new values replace, ``...ForUpdate`` structures merge, and
    ``XToRemove`` takes keys out of the map ``X``."""
    with hold_fast(row, call, services) as (name, record):
        row.updating(call, services, record)
        changed = move(row, call, services, name, "Update", partial(changes, row, call.params))
    return whole(row, changed)


def changes(row: Resource, params: Record, record: Record) -> Record:
    """The members an Update call changes, with their new values."""
    changed: Record = {}
    for member, value in params.items():
        if member in NOT_KEPT or member in row.identity:
            continue
        target = row.renamed.get(member, member)
        if member.endswith(REMOVE):
            target = member.removesuffix(REMOVE)
            kept: Record = changed.get(target) or record.get(target) or {}
            changed[target] = {key: entry for key, entry in kept.items() if key not in value}
        elif member in row.facts.merged or member in row.merges:
            changed[target] = record.get(target, {}) | value
        else:
            changed[target] = value
    return row.amend(params, record, changed)


def move(
    row: Resource,
    call: Call,
    services: Services,
    name: str,
    verb: str,
    changing: Callable[[Record], Record] = unchanged,
) -> Record:
    """Lay changes over a record and, if its row has a cycle, send it on the verb's way, in one transaction; refused in
    a status that does not allow the verb."""
    cycle, pace = row.cycle, services.settings.pace

    def change(record: Record) -> Record:
        if cycle is None:
            return changing(record)
        status = record[row.status_member]
        if not cycle.allows(verb, status):
            raise refusal(call, *cycle.refuse(verb, status, row.texts(call.scope, name)))
        changed = changing(record)
        if cycle.statuses(verb):
            changed |= cycle.journey(verb, row.status_member, record | changed, pace)
        return changed

    journey = cycle.statuses(verb) if cycle else ()
    status = journey[0 if pace else -1] if journey else None
    with services.store.transaction():
        moved = services.store.records.update(call.scope, row.noun, name, change, status=status)
        if moved is None:
            raise row.missing_error(call, name)
        if journey:
            services.store.cycles.arm(call.scope, row.noun, name, moved)
    return moved


def delete(row: Resource, call: Call, services: Services) -> Record:
    """Remove the record and its tags, by way of Deleting if its cycle has that; refused while its work still runs."""
    row.leaving(call, services, find(row, call, services)[1])
    with hold_fast(row, call, services) as (name, record):
        status = record.get(row.status_member, "")
        if status in row.running:
            text = f"Cannot delete {row.label} {name}: it is in status {status}."
            raise refusal(call, "ResourceInUse", text)
        if row.cycle and not row.cycle.allows("Delete", status):
            raise refusal(call, *row.cycle.refuse("Delete", status, row.texts(call.scope, name)))
        row.deleting(call, services, record)
        if row.cycle and (row.cycle.left or (row.cycle.delete and services.settings.pace)):
            return move(row, call, services, name, "Delete") | {"Success": True}
        services.store.records.delete(call.scope, row.noun, name)
        services.store.tags.drop(record[row.facts.arn])
        return record | {"Success": True}


def stop(row: Resource, call: Call, services: Services) -> Record:
    """Ask the row's engine to stop; work that has ended is refused as AWS does."""
    name, record = find(row, call, services)
    status = record.get(row.status_member, "")
    if row.cycle:
        return move(row, call, services, name, "Stop")
    if status not in row.running:
        raise row.ended_error(status)
    row.stopped(call, services, record)
    return record


def start(row: Resource, call: Call, services: Services) -> Record:
    """Send what has stopped on its way up again."""
    name, _ = find(row, call, services)
    return move(row, call, services, name, "Start")


def refuse(verb: str, row: Resource, call: Call, services: Services) -> Record:
    """Answer what is wrong with the call, and only then that this is not done here."""
    if verb == "Create":
        row.prepare(call, services, fresh(row, call, row.call_it(call.params)))
    else:
        find(row, call, services)
    raise unsupported(call.operation, row.does[verb].note)


_FUNCTIONS: dict[str, Callable[[Resource, Call, Any], Record]] = {
    "Create": create,
    "Describe": describe,
    "Update": update,
    "Delete": delete,
    "Start": start,
    "Stop": stop,
}


def register(row: Resource) -> None:
    """Register every verb of a row that the model has."""
    for verb, function in _FUNCTIONS.items():
        if verb in row.verbs and has(verb + row.noun):
            does = row.doing(verb)
            chosen = function if does.what != "refused" else partial(refuse, verb)
            registry.add(SERVICE, verb + row.noun, partial(chosen, row), does)
    if has(f"Create{row.noun}") and (row.running or (row.cycle and row.cycle.failed)):
        can_fail(SERVICE, f"Create{row.noun}")
    if "List" in row.verbs and (listing := list_operation(row.noun)):
        registry.add(SERVICE, listing, partial(list_, row), row.doing("List"))


for _row in RESOURCES.values():
    register(_row)
