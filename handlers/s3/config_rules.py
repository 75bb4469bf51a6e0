"""What S3 checks of a bucket's sub-resources before it keeps them.

Sources: the operations' pages in the S3 API reference; the messages are those S3 answers, as reported in public.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emulator.aws import model
from emulator.errors import ServiceError
from emulator.services import Services
from emulator.store import Bucket
from handlers.s3.checks import invalid_argument, invalid_request, malformed_xml

Document = Mapping[str, Any]


def one_of(name: str, member: str) -> Callable[[Document], None]:
    """A check that a member is a word of the model's enum ``name``: 400 ``MalformedXML``."""
    words = model.service("s3").model.shape_for(name).metadata["enum"]

    def check(document: Document) -> None:
        if document.get(member) not in words:
            raise malformed_xml()

    return check


def encryption(document: Document) -> None:
    """400 for a default encryption that is not one rule, or whose key and algorithm do not go together."""
    found = document.get("Rules", ())
    words = model.service("s3").model.shape_for("ServerSideEncryption").metadata["enum"]
    if len(found) != 1:
        raise malformed_xml()
    rule = found[0].get("ApplyServerSideEncryptionByDefault")
    if rule is None:
        return
    if rule.get("SSEAlgorithm") not in words:
        raise malformed_xml()
    if "KMSMasterKeyID" in rule and not rule["SSEAlgorithm"].startswith("aws:kms"):
        text = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise invalid_argument(text, "ApplyServerSideEncryptionByDefault", rule["SSEAlgorithm"])


def access_block(document: Document) -> None:
    """400 for a public access block that says nothing."""
    if not document:
        raise invalid_request("Must specify at least one configuration.")


def website(document: Document) -> None:
    """400 for a website without a beginning, or with rules that contradict themselves."""
    redirect, index = document.get("RedirectAllRequestsTo"), document.get("IndexDocument")
    if redirect is not None:
        if len(document) > 1:
            text = "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            raise invalid_argument(text, "RedirectAllRequestsTo", "not null")
        protocol(redirect)
        return
    if index is None:
        text = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        raise invalid_argument(text, "IndexDocument", "null")
    if not index.get("Suffix") or "/" in index["Suffix"]:
        raise invalid_argument("The IndexDocument Suffix is not well formed", "IndexDocument", index.get("Suffix", ""))
    if "ErrorDocument" in document and not document["ErrorDocument"].get("Key"):
        raise invalid_argument("The ErrorDocument Key is not well formed", "ErrorDocument", "")
    for rule in document.get("RoutingRules", ()):
        routing(rule)


def routing(rule: Document) -> None:
    """400 for a routing rule that sends nowhere, or to two places."""
    if "Redirect" not in rule:
        raise malformed_xml()
    if rule.get("Condition") == {}:
        text = "Condition cannot be empty. To redirect all requests without a condition, the condition element"
        raise invalid_request(f"{text} shouldn't be present.")
    redirect = rule["Redirect"]
    protocol(redirect)
    if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
        raise invalid_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    code = redirect.get("HttpRedirectCode", "301")
    if not (len(code) == 3 and code.isdigit() and code.startswith("3") and code != "300"):
        raise invalid_request(f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300.")


def protocol(redirect: Document) -> None:
    if redirect.get("Protocol", "http") not in {"http", "https"}:
        text = "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected"
        raise invalid_request(f"{text} automatically.")


def logging(document: Document, services: Services, found_in: Bucket) -> None:
    """400 unless logs go to a bucket of the same account and region."""
    wanted = document.get("LoggingEnabled")
    if wanted is None:
        return
    if "TargetBucket" not in wanted or "TargetPrefix" not in wanted:
        raise malformed_xml()
    target = services.store.buckets.get(wanted["TargetBucket"])
    if target is None:
        raise wrong_target("The target bucket for logging does not exist", wanted)
    if target.account != found_in.account:
        raise wrong_target("The owner for the bucket to be logged and the target bucket must be the same.", wanted)
    if target.region != found_in.region:
        text = "Cross S3 location logging not allowed. "
        fields = {"SourceBucketLocation": found_in.region, "TargetBucketLocation": target.region}
        raise ServiceError("CrossLocationLoggingProhibitted", text, 403, fields)


def wrong_target(text: str, wanted: Document) -> ServiceError:
    return ServiceError("InvalidTargetBucketForLogging", text, 400, {"TargetBucket": wanted["TargetBucket"]})


def replication(document: Document, services: Services, found_in: Bucket) -> None:
    """400 unless both buckets keep versions. Nothing is replicated here."""
    rules = document.get("Rules", ())
    if not rules or "Role" not in document or any("Destination" not in one for one in rules):
        raise malformed_xml()
    if found_in.versioning != "Enabled":
        text = "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        raise invalid_request(text)
    for rule in rules:
        target = services.store.buckets.get(rule["Destination"].get("Bucket", "").rpartition(":")[2])
        if target is None:
            raise invalid_request("Destination bucket must exist.")
        if target.versioning != "Enabled":
            raise invalid_request("Destination bucket must have versioning enabled.")


def acceleration(document: Document, services: Services, found_in: Bucket) -> None:
    """400 for a bucket that cannot be accelerated, or a status that is none."""
    if document.get("Status") not in {"Enabled", "Suspended"}:
        raise malformed_xml()
    if "." in found_in.name:
        text = "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        raise invalid_request(text)
