"""The contents of hubs: imported in versions, listed by their latest, referred to from the public hub.

A call that names no version means the latest. A reference stands for a model of SageMaker's public hub, which is not
here: it is a record with the ARN it was given, and its document is empty.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from emulator import arns
from emulator.aws.call import Call
from emulator.aws.presign import sign as presign_url
from emulator.aws.registry import EXECUTES, operation
from emulator.errors import validation
from handlers.sagemaker import crud
from handlers.sagemaker.hubs import hooks
from handlers.sagemaker.listing import slice_of
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

if TYPE_CHECKING:
    from emulator.services import Services

HUB, CONTENT = RESOURCES["Hub"], RESOURCES["HubContent"]
REFERENCE = "ModelReference"
FIRST = "1.0.0"
SCHEMA = "2.3.0"
URLS = 100
URL_SECONDS = 3600


@operation(SERVICE, "ImportHubContent")
def import_content(call: Call, services: Services) -> Record:
    """A new content, or a new version of one; without a version the first, or the next after the latest."""
    if call.params["HubContentType"] == REFERENCE:
        raise validation("HubContentType ModelReference is made by CreateHubContentReference, not by ImportHubContent.")
    return _import(call, services)


def _import(call: Call, services: Services) -> Record:
    with crud.hold_fast(HUB, call, services):
        version = call.params.get("HubContentVersion") or _next(call, services)
        made = replace(call, params={**call.params, "HubContentVersion": version})
        record = crud.make(CONTENT, made, services, CONTENT.name(made.params))
        hooks.mark_latest(call, services, call.params)
    return record


def _next(call: Call, services: Services) -> str:
    earlier = hooks.versions(call, services, call.params)
    if not earlier:
        return FIRST
    major, minor, _ = hooks.version_key(earlier[0].record["HubContentVersion"])
    return f"{major}.{minor + 1}.0"


@operation(SERVICE, "DescribeHubContent")
def describe(call: Call, services: Services) -> Record:
    """One version of a content, the latest where none is named."""
    return crud.describe(CONTENT, _versioned(call, services), services)


@operation(SERVICE, "ListHubContents")
def list_contents(call: Call, services: Services) -> Record:
    """The latest version of each content of a type."""
    crud.find(HUB, call, services)
    return crud.list_(CONTENT, replace(call, params={**call.params, hooks.LATEST: True}), services)


@operation(SERVICE, "ListHubContentVersions")
def list_versions(call: Call, services: Services) -> Record:
    """All versions of a content."""
    _versioned(call, services)
    return crud.list_(CONTENT, call, services)


@operation(SERVICE, "UpdateHubContent")
def update(call: Call, services: Services) -> Record:
    """Change what is said of one version."""
    crud.find(HUB, call, services)
    return crud.update(CONTENT, call, services)


@operation(SERVICE, "DeleteHubContent")
def delete(call: Call, services: Services) -> Record:
    """Delete one version; the latest of those that remain is listed from then on."""
    crud.find(HUB, call, services)
    with services.store.transaction():
        answer = crud.delete(CONTENT, call, services)
        hooks.mark_latest(call, services, call.params)
    return answer


@operation(SERVICE, "CreateHubContentReference")
def refer(call: Call, services: Services) -> Record:
    """Put a model of the public hub into a private one, under its own name unless another is given."""
    params = call.params
    public = params["SageMakerPublicHubContentArn"]
    given = {
        "HubContentName": arns.tail(public),
        "HubContentType": REFERENCE,
        "HubContentVersion": params.get("MinVersion", FIRST),
        "DocumentSchemaVersion": SCHEMA,
        "HubContentDocument": "{}",
        **params,
    }
    if "MinVersion" in given:
        given["ReferenceMinVersion"] = given.pop("MinVersion")
    crud.find(HUB, call, services)
    with services.store.transaction():
        if hooks.versions(call, services, given):
            raise CONTENT.duplicate_error(call, CONTENT.name(given))
        return _import(replace(call, params=given), services)


@operation(SERVICE, "UpdateHubContentReference")
def update_reference(call: Call, services: Services) -> Record:
    """Change the least version a reference accepts."""
    which = _versioned(call, services)
    which.params["ReferenceMinVersion"] = which.params.pop("MinVersion", FIRST)
    return crud.update(CONTENT, which, services)


@operation(SERVICE, "DeleteHubContentReference")
def delete_reference(call: Call, services: Services) -> Record:
    """Take a reference out of the hub."""
    return crud.delete(CONTENT, _versioned(call, services), services)


@operation(SERVICE, "CreateHubContentPresignedUrls", does=EXECUTES)
def presign(call: Call, services: Services) -> Record:
    """A URL of this server for every S3 object that lies at an S3 URI of the content's document."""
    _, content = crud.find(CONTENT, _versioned(call, services), services)
    urls = [url for uri in _s3_uris(content["HubContentDocument"]) for url in _urls(call, services, uri)]
    page, token = slice_of(urls, call.params, URLS, itemgetter("Url"))
    return {"AuthorizedUrlConfigs": [one | {"Url": _signed(call, services, one["Url"])} for one in page], **token}


def _signed(call: Call, services: Services, url: str) -> str:
    """Signed with a key of the caller's account."""
    pair = services.keys.of_account(call.scope.account)
    return presign_url(url, pair.id, pair.secret, call.scope.region, URL_SECONDS)


def _s3_uris(document: str) -> list[str]:
    """All S3 URIs that are values in a JSON document, in order, once each."""
    try:
        text = json.dumps(json.loads(document), ensure_ascii=False)
    except ValueError:
        text = document
    return list(dict.fromkeys(re.findall(r"s3://[^\s\"']+", text)))


def _urls(call: Call, services: Services, uri: str) -> list[dict[str, Any]]:
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    if not services.store.buckets.get(bucket):
        return []
    answer = services.call(call.scope, "s3", "ListObjectsV2", {"Bucket": bucket, "Prefix": prefix})
    here = urlsplit(call.url)
    return [
        {
            "Url": f"{here.scheme}://{here.netloc}/{bucket}/{quote(item['Key'])}",
            "LocalPath": item["Key"].removeprefix(prefix).lstrip("/") or arns.tail(item["Key"]),
        }
        for item in answer.get("Contents", [])
    ]


def _versioned(call: Call, services: Services) -> Call:
    """The call with the version it means; the row's not-found error when there is none of that name."""
    crud.find(HUB, call, services)
    if "HubContentVersion" in call.params:
        return replace(call, params=dict(call.params))
    found = hooks.versions(call, services, call.params)
    if not found:
        name = CONTENT.name({**call.params, "HubContentVersion": FIRST})
        raise CONTENT.missing_error(call, name.rpartition("/")[0])
    return replace(call, params={**call.params, "HubContentVersion": found[0].record["HubContentVersion"]})
