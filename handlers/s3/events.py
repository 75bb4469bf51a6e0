"""What a bucket's notification configuration is told: event messages to queues, topics, functions and EventBridge.

The message is built when the change is committed and sent later by ``services.notify``.
Source: "Event message structure" and "Amazon EventBridge events" in the S3 user guide.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote_plus

import orjson

from emulator.arns import Scope, canonical_id, now, partition, request_id
from emulator.aws.call import Call
from emulator.services import Services
from emulator.store import Bucket, Entry

KIND = "BucketNotificationConfiguration"
#: Where a destination's ARN stands, by the list it is in.
DESTINATIONS = {
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}
#: EventBridge's names of events, by their beginnings.
BRIDGE = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectAcl": "Object ACL Updated",
    "LifecycleExpiration": "Object Deleted",
    "LifecycleTransition": "Object Storage Class Changed",
}


#: Events of what is there no more.
REMOVED = ("ObjectRemoved", "LifecycleExpiration")


def expired(services: Services, found_in: Bucket, event: str, entry: Entry) -> None:
    """Tell of what a lifecycle rule has done."""
    call = Call("s3", "Lifecycle Expiration", {}, Scope(found_in.account, found_in.region), request_id(), internal=True)
    tell(call, services, found_in, event, entry)


def tell(call: Call, services: Services, found_in: Bucket, event: str, entry: Entry) -> None:
    """Tell whoever asked for it of an event (``ObjectCreated:Put``) that has just happened to an object."""
    config = services.store.buckets.config(found_in.name, KIND)
    if not config:
        return
    for arn, one in interested(config, event, entry.key):
        record = described(call, found_in, event, entry, one.get("Id", ""))
        services.notify(call.scope, arn, {"Records": [record]})
    if "EventBridgeConfiguration" in config and event.startswith(tuple(BRIDGE)):
        arn = f"arn:{partition(found_in.region)}:events:{found_in.region}:{found_in.account}:event-bus/default"
        services.notify(call.scope, arn, bridged(call, found_in, event, entry))


def interested(config: Mapping[str, Any], event: str, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(ARN, configuration) of every destination that wants this event of this key."""
    for name, member in DESTINATIONS.items():
        for one in config.get(name, ()):
            rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            fits = all(
                (key.startswith if rule["Name"].lower() == "prefix" else key.endswith)(rule.get("Value", ""))
                for rule in rules
            )
            if fits and any(fnmatchcase(f"s3:{event}", pattern) for pattern in one.get("Events", ())):
                yield one[member], one


def described(call: Call, found_in: Bucket, event: str, entry: Entry, config_id: str) -> dict[str, Any]:
    """One record of an event message."""
    about: dict[str, Any] = {"key": quote_plus(entry.key, safe="/"), "sequencer": f"{time.time_ns():018X}"}
    if not entry.marker and not event.startswith(REMOVED):
        about |= {"size": entry.size, "eTag": entry.etag}
    if found_in.versioning:
        about["versionId"] = entry.version
    arn = f"arn:{partition(found_in.region)}:s3:::{found_in.name}"
    owner = {"principalId": canonical_id(found_in.account)}
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": found_in.region,
        "eventTime": datetime.fromtimestamp(now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "eventName": event,
        "userIdentity": {"principalId": f"AWS:{call.scope.account}"},
        "requestParameters": {"sourceIPAddress": call.client or "127.0.0.1"},
        "responseElements": {"x-amz-request-id": call.request_id, "x-amz-id-2": call.request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": config_id,
            "bucket": {"name": found_in.name, "ownerIdentity": owner, "arn": arn},
            "object": about,
        },
    }


def bridged(call: Call, found_in: Bucket, event: str, entry: Entry) -> dict[str, Any]:
    """The same as an entry of EventBridge's PutEvents."""
    about: dict[str, Any] = {"key": entry.key, "sequencer": f"{time.time_ns():018X}"}
    if not event.startswith(REMOVED):
        about |= {"size": entry.size, "etag": entry.etag}
    if found_in.versioning:
        about["version-id"] = entry.version
    detail = {
        "version": "0",
        "bucket": {"name": found_in.name},
        "object": about,
        "request-id": call.request_id,
        "requester": call.scope.account,
        "reason": call.operation,
    }
    if event.startswith(REMOVED):
        detail["deletion-type"] = "Delete Marker Created" if entry.marker else "Permanently Deleted"
    name = next(name for beginning, name in BRIDGE.items() if event.startswith(beginning))
    return {
        "Source": "aws.s3",
        "DetailType": name,
        "Detail": orjson.dumps(detail).decode(),
        "Resources": [f"arn:{partition(found_in.region)}:s3:::{found_in.name}"],
    }
