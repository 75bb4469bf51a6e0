"""Tags on everything that has an ARN: AddTags, ListTags, DeleteTags, and the checks of tags given at creation.

A tag key is unique whatever its case, ``aws:`` is reserved, and a resource has at most 50 tags. ListTags gives them all
at once: the SDK v2 pages on a misspelt token and would never see a second page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import not_found, validation
from emulator.services import Services
from handlers.sagemaker.resource import SERVICE, Record

MOST = 50


def check_tags(tags: Iterable[Mapping[str, str]]) -> None:
    """Refuse doubled and reserved keys, and more than 50 of them."""
    keys = [tag["Key"] for tag in tags]
    if len({key.lower() for key in keys}) < len(keys):
        raise validation("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise validation("Tag keys that start with 'aws:' are reserved for system use.")
    if len(keys) > MOST:
        raise validation(f"A resource can have at most {MOST} tags.")


@operation(SERVICE, "AddTags")
def add_tags(call: Call, services: Services) -> Record:
    """Add or overwrite tags; the answer holds all tags of the resource."""
    arn = call.params["ResourceArn"]
    check_tags(call.params["Tags"])
    with services.store.transaction():
        _require(services, arn)
        services.store.tags.add(arn, call.params["Tags"])
        tags = services.store.tags.get(arn)
        check_tags(tags)
    return {"Tags": tags}


@operation(SERVICE, "ListTags")
def list_tags(call: Call, services: Services) -> Record:
    """All tags of a resource."""
    _require(services, call.params["ResourceArn"])
    return {"Tags": services.store.tags.get(call.params["ResourceArn"])}


@operation(SERVICE, "DeleteTags")
def delete_tags(call: Call, services: Services) -> Record:
    """Remove tags by key; keys that are not there are ignored."""
    _require(services, call.params["ResourceArn"])
    services.store.tags.remove(call.params["ResourceArn"], call.params["TagKeys"])
    return {}


def _require(services: Services, arn: str) -> None:
    if services.store.records.by_arn(arn) is None:
        raise not_found(f"Could not find resource with ARN {arn}.")
