"""URLs that AWS signs for a browser: Studio, notebooks, MLflow, partner applications; and remote sessions of spaces.

Nothing answers at these URLs, for no such application runs; they have AWS's form, and whoever asks for one finds out
whether the resource is there and ready, as with AWS.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from emulator import arns
from emulator.aws import registry
from emulator.aws.call import Call
from emulator.aws.registry import keeps
from emulator.errors import ServiceError, not_found, validation
from handlers.sagemaker import crud
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

if TYPE_CHECKING:
    from emulator.services import Services

# Operation -> the resource it opens, the statuses it may be in, and its URL up to the token.
OPENED: dict[str, tuple[str, tuple[str, ...], Callable[[Call, Record], str]]] = {
    "CreatePresignedDomainUrl": (
        "UserProfile",
        ("InService", "Updating"),
        lambda call, record: f"https://{record['DomainId']}.studio.{call.scope.region}.sagemaker.aws/auth?token=",
    ),
    "CreatePresignedNotebookInstanceUrl": (
        "NotebookInstance",
        ("InService",),
        lambda call, record: f"https://{record['Url']}?authToken=",
    ),
    "CreatePresignedMlflowTrackingServerUrl": (
        "MlflowTrackingServer",
        ("Created", "Started", "Updating", "Updated"),
        lambda call, record: f"{record['TrackingServerUrl']}/auth?authToken=",
    ),
    "CreatePresignedMlflowAppUrl": (
        "MlflowApp",
        ("Created", "Updating", "Updated"),
        lambda call, record: (
            f"https://{arns.tail(record['Arn']).lower()}.mlflow.sagemaker.{call.scope.region}.app.aws/auth?authToken="
        ),
    ),
    "CreatePartnerAppPresignedUrl": (
        "PartnerApp",
        ("Available", "Updating"),
        lambda call, record: f"{record['BaseUrl']}/auth?authToken=",
    ),
}


def open_(operation: str, call: Call, services: Services) -> Record:
    """A URL for a resource that is there and ready."""
    kind, statuses, url = OPENED[operation]
    row = RESOURCES[kind]
    _, record = crud.find(row, call, services)
    if "SpaceName" in call.params:
        crud.find(RESOURCES["Space"], call, services)
    status = record[row.status_member]
    if status not in statuses:
        raise validation(f"No URL can be made for {row.noun} {record[row.facts.arn]}: its status is {status}.")
    signed = url(call, record) + secrets.token_urlsafe(96)
    return {"AuthorizedUrl": signed, "Url": signed}


for _operation in OPENED:
    registry.add(SERVICE, _operation, partial(open_, _operation), keeps("nothing answers at the URL"))


@registry.operation(SERVICE, "StartSession", does=keeps("nothing listens at the stream's URL"))
def start_session(call: Call, services: Services) -> Record:
    """What a local editor connects to a space with; nothing listens there."""
    services.store.cycles.settle()
    arn = call.params["ResourceIdentifier"]
    found = services.store.records.by_arn(arn, call.scope)
    if found is None or found.kind not in {"Space", "App"}:
        raise not_found(f"Space [{arn}] does not exist.")
    if found.status != "InService":
        raise ServiceError("ValidationException", f"{found.kind} [{arn}] is not InService: it is {found.status}.")
    session = f"sagemaker-user-{secrets.token_hex(8)}"
    return {
        "SessionId": session,
        "StreamUrl": f"wss://ssmmessages.{call.scope.region}.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe",
        "TokenValue": secrets.token_urlsafe(192),
    }
