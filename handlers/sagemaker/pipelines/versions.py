"""A pipeline's versions: their names, descriptions and aliases (UpdatePipelineVersion), and their list.

An alias means one version of a pipeline at a time; moving it takes a Remove there and then an Add here.
"""

from __future__ import annotations

from collections.abc import Iterable

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import ServiceError, validation
from emulator.services import Services
from handlers.sagemaker.listing import answer
from handlers.sagemaker.pipelines.records import (
    ALIASES,
    VERSION,
    Record,
    children,
    find_pipeline,
    find_version,
    query,
    version_key,
)

MOST = 10
TEXTS = ("PipelineVersionDisplayName", "PipelineVersionDescription")


@operation("sagemaker", "ListPipelineVersions")
def list_versions(call: Call, services: Services) -> Record:
    """A pipeline's versions, newest first unless asked otherwise."""
    name, _ = find_pipeline(call, services)
    page = services.store.records.list(call.scope, VERSION, query(call, parent=name))
    return answer("PipelineVersionSummaries", page)


@operation("sagemaker", "UpdatePipelineVersion")
def update_version(call: Call, services: Services) -> Record:
    """Replace what is given; add and remove aliases."""
    number = call.params["PipelineVersionId"]
    with services.store.transaction():
        name, pipeline = find_pipeline(call, services, "PipelineArn")
        changes: Record = {member: call.params[member] for member in TEXTS if member in call.params}
        if "PipelineVersionAliasOperations" in call.params:
            changes[ALIASES] = _aliases(call, services, name, number)
        find_version(call, services, name, number)
        services.store.records.update(call.scope, VERSION, version_key(name, number), changes)
    return {"PipelineArn": pipeline["PipelineArn"], "PipelineVersionId": number}


def _aliases(call: Call, services: Services, name: str, number: int) -> list[str]:
    """The aliases the version has afterwards."""
    wanted = call.params["PipelineVersionAliasOperations"]
    added, removed = wanted.get("Add", []), wanted.get("Remove", [])
    if both := sorted(set(added) & set(removed)):
        raise validation(f"An alias cannot be added and removed at once: {', '.join(both)}.")
    aliases_are_free(call, services, name, added, but=number)
    kept = find_version(call, services, name, number).get(ALIASES, [])
    aliases = [alias for alias in dict.fromkeys([*kept, *added]) if alias not in removed]
    if len(aliases) > MOST:
        raise validation(f"A pipeline version can have at most {MOST} aliases.")
    return aliases


def aliases_are_free(call: Call, services: Services, name: str, aliases: Iterable[str], but: int = 0) -> None:
    """Refuse aliases that a version of the pipeline other than ``but`` has."""
    for version in children(call, services, VERSION, name):
        other = version.record["PipelineVersionId"]
        if other != but and (taken := sorted(set(aliases) & set(version.record.get(ALIASES, [])))):
            raise ServiceError("ConflictException", f"Version {other} has the alias {taken[0]}. Remove it there first.")


def with_aliases(call: Call, services: Services, execution: Record) -> Record:
    """An execution with the aliases that its version has now; none where that has been deleted."""
    key = version_key(execution["_PipelineName"], execution["PipelineVersionId"])
    version = services.store.records.get(call.scope, VERSION, key) or {}
    return execution | {member: version[member] for member in (ALIASES,) if version.get(member)}
