"""Tags on everything that has an ARN: AddTags, ListTags, DeleteTags, and the checks of tags given at creation.

A tag key is unique whatever its case, ``aws:`` is reserved, and a resource has at most 50 tags. ListTags gives them all
at once: the SDK v2 pages on a misspelt token and would never see a second page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker.resource import SERVICE, Record

MOST = 50
GONE = "Deleted"


def check_tags(tags: Iterable[Mapping[str, str]]) -> None:
    """Refuse doubled and reserved keys, and more than 50 of them."""
    keys = [tag["Key"] for tag in tags]
    if len({key.lower() for key in keys}) < len(keys):
        raise validation("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise validation("Tag keys that start with 'aws:' are reserved for system use.")
    if len(keys) > MOST:
        raise validation(f"A resource can have at most {MOST} tags.")


def put_tags(services: Services, arn: str, tags: list[Record]) -> list[Record]:
    """Add or overwrite tags of a resource; all it has then. Refused where those together break the rules."""
    check_tags(tags)
    with services.store.transaction():
        services.store.tags.add(arn, tags)
        present = services.store.tags.get(arn)
        check_tags(present)
    return present


@operation(SERVICE, "AddTags")
def add_tags(call: Call, services: Services) -> Record:
    """Add or overwrite tags; the answer holds all tags of the resource."""
    with services.store.transaction():
        _require(call, services)
        return {"Tags": put_tags(services, call.params["ResourceArn"], call.params["Tags"])}


@operation(SERVICE, "ListTags")
def list_tags(call: Call, services: Services) -> Record:
    """All tags of a resource."""
    _require(call, services)
    return {"Tags": services.store.tags.get(call.params["ResourceArn"])}


@operation(SERVICE, "DeleteTags")
def delete_tags(call: Call, services: Services) -> Record:
    """Remove tags by key; keys that are not there are ignored."""
    with services.store.transaction():
        _require(call, services)
        services.store.tags.remove(call.params["ResourceArn"], call.params["TagKeys"])
    return {}


def _require(call: Call, services: Services) -> None:
    """The resource is there, and in the caller's own account and region; not an app that is only shown still, as
    ``Deleted`` (aws/amazon-sagemaker-feedback issue 108)."""
    arn = call.params["ResourceArn"]
    found = services.store.records.by_arn(arn, call.scope)
    if found is None or found.status == GONE:
        raise validation(f"Could not find resource with ARN {arn}.")
