"""Signatures of the chunks of an upload: each signs its bytes and the signature before it, the first the request's own.

Chunks are checked as they end, so bytes of a bad one have been handed on by then; what matters is that the stream never
ends well. Source: "Signature calculations for the Authorization header: transferring payload in multiple chunks" and
"… including trailing headers" in the S3 API reference.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from emulator.aws.http import Readable
from emulator.aws.signatures import refusals
from emulator.aws.signatures.canonical import ALGORITHM, sign, signing_key
from emulator.aws.signatures.claims import Claim
from emulator.errors import ServiceError

NOTHING = hashlib.sha256().hexdigest()


class Chain:
    """The signatures of one upload's chunks, from its claim's on; ``trailing``: trailing headers are to be signed."""

    def __init__(self, claim: Claim, secret: str, trailing: bool) -> None:
        self.trailing = trailing
        self._claim = claim
        self._key = signing_key(secret, claim.scope)
        self._before = claim.signature
        self._digest = hashlib.sha256()

    def update(self, data: bytes) -> None:
        """More of the present chunk."""
        self._digest.update(data)

    def end(self, given: str) -> None:
        """The present chunk is over; 403 ``SignatureDoesNotMatch`` if ``given`` is not its signature."""
        self._check("PAYLOAD", f"{NOTHING}\n{self._digest.hexdigest()}", given)
        self._digest = hashlib.sha256()

    def trailers(self, headers: Mapping[str, str], given: str) -> None:
        """The same for the trailing headers, which come after the last chunk."""
        text = "".join(f"{name}:{value}\n" for name, value in headers.items())
        self._check("TRAILER", hashlib.sha256(text.encode("latin-1")).hexdigest(), given)

    def _check(self, what: str, digests: str, given: str) -> None:
        claim = self._claim
        text = "\n".join((f"{ALGORITHM}-{what}", claim.moment, claim.scope, self._before, digests))
        self._before = sign(self._key, text)
        if not hmac.compare_digest(self._before.encode(), given.encode()):
            raise refusals.mismatch("s3", claim.key, given, text)


class Verified:
    """A body that must have the SHA-256 digest its request was signed with; it is checked at its end."""

    def __init__(self, stream: Readable, digest: str) -> None:
        self._stream = stream
        self._expected = digest
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """What the stream gives. 400 ``XAmzContentSHA256Mismatch`` instead of its end."""
        data = self._stream.read(size)
        self._digest.update(data)
        if (not data and size) or size < 0:
            self._check()
        return data

    def _check(self) -> None:
        found = self._digest.hexdigest()
        if found != self._expected:
            fields = {"ClientComputedContentSHA256": self._expected, "S3ComputedContentSHA256": found}
            text = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise ServiceError("XAmzContentSHA256Mismatch", text, 400, fields)
