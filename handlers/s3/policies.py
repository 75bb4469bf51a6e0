"""Bucket policies: put, get, delete, and whether they are public. (Who may what: ``access/decide.py``.)"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from emulator.aws.call import Call
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket
from handlers.s3.access.decide import blocked, caller_of, denied, statements
from handlers.s3.access.documents import malformed, parsed
from handlers.s3.access.public import is_public
from handlers.s3.checks import bucket

KIND = "BucketPolicy"


@operation("s3", "PutBucketPolicy", does=EXECUTES, status=HTTPStatus.NO_CONTENT)
def put_bucket_policy(call: Call, services: Services) -> None:
    text = call.params["Policy"]
    try:
        text = text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError:
        raise malformed("Policies must be valid JSON and the first byte must be '{'") from None
    with services.store.transaction():
        found = bucket(call, services)
        public = is_public(parsed(text, found.name))
        if public and blocked(services, found).get("BlockPublicPolicy"):
            who, what = caller_of(call).arn, f"arn:aws:s3:::{found.name}"
            why = "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
            raise denied(
                f'User: {who} is not authorized to perform: s3:PutBucketPolicy on resource: "{what}" because {why}'
            )
        services.store.buckets.put_config(found.name, KIND, text)


@operation("s3", "GetBucketPolicy", does=EXECUTES)
def get_bucket_policy(call: Call, services: Services) -> dict[str, Any]:
    return {"Policy": existing(bucket(call, services))}


@operation("s3", "DeleteBucketPolicy", does=EXECUTES)
def delete_bucket_policy(call: Call, services: Services) -> None:
    services.store.buckets.delete_config(bucket(call, services).name, KIND)


@operation("s3", "GetBucketPolicyStatus", does=EXECUTES)
def get_bucket_policy_status(call: Call, services: Services) -> dict[str, Any]:
    found = bucket(call, services)
    existing(found)
    return {"PolicyStatus": {"IsPublic": is_public(statements(found))}}


def existing(found: Bucket) -> str:
    """A bucket's policy; 404 ``NoSuchBucketPolicy``."""
    if not found.policy:
        text = "The bucket policy does not exist"
        raise ServiceError("NoSuchBucketPolicy", text, 404, {"BucketName": found.name})
    return found.policy
