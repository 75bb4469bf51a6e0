"""A bucket's notification configuration: what S3 checks of it before it is kept, and the test event it then sends.

Destinations must be there (of their policies, which on AWS must let S3 in, nothing is asked), in the bucket's region,
and no two of them may be told of the same event of the same key.
Source: "PutBucketNotificationConfiguration" in the S3 API reference; "Amazon S3 Event Notifications" in the user guide.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from emulator.arns import Scope, now
from emulator.aws import model
from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket
from handlers.s3.checks import bucket, invalid_argument
from handlers.s3.events import DESTINATIONS, KIND

ARN = re.compile(r"arn:[\w-]+:(sqs|sns|lambda):([\w-]+):(\d{12}):(.+)")
SERVICES = {"QueueArn": "sqs", "TopicArn": "sns", "LambdaFunctionArn": "lambda"}
#: What S3 says of a destination that is not there.
MISSING = {
    "sqs": "The destination queue does not exist",
    "sns": "The destination topic does not exist",
    "lambda": "The destination Lambda does not exist",
}
TOLD = {"sqs", "sns"}  # functions get no test event


@dataclass(frozen=True, slots=True)
class Destination:
    """One configuration: where to, which events (``s3:ObjectCreated:*``) of which keys."""

    arn: str
    service: str
    id: str
    events: tuple[str, ...]
    prefix: str
    suffix: str


@operation("s3", "GetBucketNotificationConfiguration", does=EXECUTES)
def get_bucket_notification_configuration(call: Call, services: Services) -> dict[str, Any]:
    found: dict[str, Any] | None = services.store.buckets.config(bucket(call, services).name, KIND)
    return found or {}


@operation("s3", "PutBucketNotificationConfiguration", does=EXECUTES)
def put_bucket_notification_configuration(call: Call, services: Services) -> None:
    found_in = bucket(call, services)
    document = named(call.params.get("NotificationConfiguration", {}))
    all_of_them = list(destinations(document))
    unlike(all_of_them)
    skip = bool(call.params.get("SkipDestinationValidation"))
    if not skip:
        there(all_of_them, found_in, services)
    with services.store.transaction():
        services.store.buckets.put_config(bucket(call, services).name, KIND, document)
    for arn in dict.fromkeys(one.arn for one in all_of_them if one.service in TOLD and not skip):
        services.notify(call.scope, arn, test_event(call, found_in))


def named(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document, with an id for each configuration that has none."""
    found = dict(document)
    for name in DESTINATIONS:
        if name in found:
            found[name] = [{"Id": uuid.uuid4().hex, **one} for one in found[name]]
    return found


def destinations(document: Mapping[str, Any]) -> Iterator[Destination]:
    """All configurations of a document. 400 ``InvalidArgument`` for one that makes no sense in itself."""
    for name, member in DESTINATIONS.items():
        for one in document.get(name, ()):
            match = ARN.fullmatch(one.get(member, ""))
            if match is None or match[1] != SERVICES[member]:
                raise invalid_argument("The ARN is not well formed", member, one.get(member, ""))
            if match[1] == "sqs" and match[4].endswith(".fifo"):
                raise invalid_argument("FIFO SQS queues are not supported.", member, one[member])
            yield Destination(one[member], match[1], one["Id"], events(one), *filters(one))


def events(one: Mapping[str, Any]) -> tuple[str, ...]:
    """The events of a configuration; 400 for those S3 does not have."""
    known = model.service("s3").model.shape_for("Event").metadata["enum"]
    for event in one.get("Events", ()):
        if event not in known:
            raise invalid_argument("A specified event is not supported for notifications.", "Event", event)
    return tuple(one.get("Events", ()))


def filters(one: Mapping[str, Any]) -> tuple[str, str]:
    """(prefix, suffix) of a configuration."""
    found: dict[str, str] = {}
    for rule in one.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
        name = rule.get("Name", "").lower()
        if name not in {"prefix", "suffix"}:
            text = "filter rule name must be either prefix or suffix"
            raise invalid_argument(text, "FilterRule.Name", rule.get("Name", ""))
        if name in found:
            text = f"Cannot specify more than one {name} rule in a filter."
            raise invalid_argument(text, "FilterRule.Name", rule["Name"])
        found[name] = rule.get("Value", "")
    return found.get("prefix", ""), found.get("suffix", "")


def unlike(all_of_them: list[Destination]) -> None:
    """400 for two configurations of one id, or that share an event of some key."""
    for one, other in combinations(all_of_them, 2):
        if one.id == other.id:
            raise invalid_argument("Same ID used for multiple configurations. IDs must be unique", "Id", one.id)
        if not overlap(one, other):
            continue
        if not any((one.prefix, one.suffix, other.prefix, other.suffix)):
            text = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
        else:
            text = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes"
            text += " are overlapping for the same event type."
        raise ServiceError("InvalidArgument", text)


def overlap(one: Destination, other: Destination) -> bool:
    """Whether there could be an event of a key that both are to be told of."""
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    shared = any(fnmatchcase(a, b) or fnmatchcase(b, a) for a in one.events for b in other.events)
    return prefixes and suffixes and shared


def there(all_of_them: list[Destination], found_in: Bucket, services: Services) -> None:
    """400 ``InvalidArgument`` that names every destination that is not there, or is in another region."""
    wrong: list[tuple[str, str]] = []
    for one in all_of_them:
        region = one.arn.split(":")[3]
        if region != found_in.region:
            text = "The notification destination service region is not valid for the bucket location constraint"
            raise invalid_argument(text, "destination", one.arn)
        if not services.notifiable(Scope(found_in.account, region), one.arn):
            wrong.append((one.arn, MISSING[one.service]))
    if wrong:
        fields: dict[str, str] = {}
        for number, (arn, why) in enumerate(dict(wrong).items(), 1):
            fields |= {f"ArgumentName{number}": f"{arn}, null", f"ArgumentValue{number}": why}
        text = "Unable to validate the following destination configurations"
        raise ServiceError("InvalidArgument", text, 400, fields)


def test_event(call: Call, found_in: Bucket) -> dict[str, Any]:
    """The message that tells a queue or topic that it will be told."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": datetime.fromtimestamp(now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "Bucket": found_in.name,
        "RequestId": call.request_id,
        "HostId": call.request_id,
    }
