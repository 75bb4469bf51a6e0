"""What a request says about its own signature, by ``Authorization`` header or query: :func:`read` -> :class:`Claim`.

Other ways to sign (SigV4A, bearer tokens, and Signature Version 2 where it is not S3's) are refused here, by name.
Source: "Authenticating Requests (AWS Signature Version 4)" in the S3 API reference, "Common Errors" of the services.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from emulator.aws import presign
from emulator.aws.http import Request
from emulator.aws.signatures import refusals
from emulator.aws.signatures.canonical import ALGORITHM

MOMENT = "%Y%m%dT%H%M%SZ"
PARTS = 5
COMPONENTS = ("Credential", "SignedHeaders", "Signature")


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature and what it is said to be made with. ``scope`` is ``date/region/service/aws4_request``, ``moment``
    the time of signing as it is written in what was signed, ``expires_at`` (epoch seconds) the end of a presigned
    query, None for a header."""

    key: str
    scope: str
    moment: str
    signed_headers: tuple[str, ...]
    signature: str
    token: str = ""
    expires_at: float | None = None

    @property
    def service(self) -> str:
        """The signing name."""
        return self.scope.split("/")[2]

    @property
    def seconds(self) -> float:
        """The moment in epoch seconds."""
        return seconds_of(self.moment)


@lru_cache(1024)
def seconds_of(moment: str) -> float:
    """Epoch seconds of a moment as it is signed; ``ValueError`` if it is none. Kept: reading dates is slow."""
    return datetime.strptime(moment, MOMENT).replace(tzinfo=UTC).timestamp()


def read(request: Request, service: str) -> Claim | None:
    """The claim of a request; None for an unsigned one. Refuses what is malformed, or signed in another way."""
    header = request.headers.get("authorization")
    by_query = request.first("X-Amz-Algorithm") or request.first("X-Amz-Signature") or request.first("Signature")
    if header is None and by_query is None:
        return None
    if header is None:
        return _query(request, service)
    if by_query is not None:
        raise refusals.two_ways(service, header)
    return _header(request, header, service)


def _header(request: Request, header: str, service: str) -> Claim:
    algorithm, _, rest = header.strip().partition(" ")
    if algorithm != ALGORITHM:
        raise refusals.algorithm(service, header)
    pairs = [one.strip().partition("=") for one in rest.split(",")]
    found = {name: value for name, _, value in pairs}
    missing = [name for name in COMPONENTS if not found.get(name)]
    if missing or len(pairs) > len(found):  # one that is there twice would be read differently elsewhere
        raise refusals.components(service, missing, header)
    key, scope = credential(found["Credential"], service)
    names = tuple(found["SignedHeaders"].lower().split(";"))
    moment = _moment(request, service, header)
    if not moment.startswith(scope.split("/", 1)[0]):
        raise refusals.other_date(service, scope.split("/", 1)[0], moment)
    return Claim(key, scope, moment, names, found["Signature"], request.headers.get("x-amz-security-token", ""))


def credential(text: str, service: str) -> tuple[str, str]:
    """(access key id, scope). An id may have slashes itself."""
    parts = text.split("/")
    if len(parts) < PARTS or parts[-1] != "aws4_request" or not all(parts[-PARTS:]):
        raise refusals.credential(service, text)
    return "/".join(parts[:-4]), "/".join(parts[-4:])


def _moment(request: Request, service: str, header: str) -> str:
    """When a request was signed; a ``Date`` header may say it in its own way."""
    amazon, date = request.headers.get("x-amz-date"), request.headers.get("date")
    try:
        if amazon is not None:
            seconds_of(amazon)
            return amazon
        if date is not None:
            return parsedate_to_datetime(date).astimezone(UTC).strftime(MOMENT)
    except (ValueError, OverflowError):  # the latter of a year 10000, or of a zone that is years away
        pass
    raise refusals.no_date(service, header)


def _query(request: Request, service: str) -> Claim:
    if request.first("X-Amz-Algorithm") != ALGORITHM:
        raise refusals.algorithm(service, request.first("X-Amz-Algorithm") or "AWS ")
    found = presign.read(request)
    if found is None:
        raise refusals.components(service, ["Signature"], request.query_string)
    moment = request.first("X-Amz-Date") or ""
    if not moment.startswith(found.scope.split("/", 1)[0]):
        raise refusals.other_date(service, found.scope.split("/", 1)[0], moment)
    token = request.first("X-Amz-Security-Token") or ""
    return Claim(found.access_key, found.scope, moment, found.signed_headers, found.signature, token, found.expires_at)
