"""Encryption with the customer's own key (SSE-C): nothing is encrypted here, but the key is asked for as S3 asks.

Only the key's MD5 is kept, which is what S3 itself compares. Unlike S3 we take such keys over plain HTTP too.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from emulator.errors import ServiceError
from handlers.s3.access.decide import denied
from handlers.s3.checks import invalid_argument, invalid_request

KEY_BYTES = 32
HEADER = "x-amz-server-side-encryption"  # which S3 names whichever of the three headers is wrong


def given(params: Mapping[str, Any], prefix: str = "") -> str | None:
    """The MD5 of the key that a request brings, or None. 400 for one that is incomplete or wrong."""
    algorithm = params.get(f"{prefix}SSECustomerAlgorithm")
    key, md5 = params.get(f"{prefix}SSECustomerKey"), params.get(f"{prefix}SSECustomerKeyMD5")
    if algorithm is None and key is None and md5 is None:
        return None
    if algorithm is None:
        text = "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption"
        raise invalid_argument(f"{text} algorithm.", HEADER, "null")
    if algorithm != "AES256":
        text = "The Encryption request you specified is not valid. Supported value: AES256."
        fields = {"ArgumentName": HEADER, "ArgumentValue": algorithm}
        raise ServiceError("InvalidEncryptionAlgorithmError", text, 400, fields)
    if key is None or md5 is None:
        text = "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate"
        what = "secret key." if key is None else "secret key MD5."
        raise invalid_argument(f"{text} {what}", HEADER, algorithm)
    secret = decoded(key)
    if len(secret) != KEY_BYTES:
        raise invalid_argument("The secret key was invalid for the specified algorithm.", HEADER, algorithm)
    if base64.b64encode(hashlib.md5(secret, usedforsecurity=False).digest()).decode() != md5:
        text = "The calculated MD5 hash of the key did not match the hash that was provided."
        raise invalid_argument(text, HEADER, algorithm)
    return str(md5)


def decoded(key: str) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except ValueError:
        return b""


def opens(meta: Mapping[str, Any], params: Mapping[str, Any], prefix: str = "") -> None:
    """An object stored with a customer's key is given only to those who bring that key, any other to those without."""
    stored, brought = meta.get("SSECustomerKeyMD5"), given(params, prefix)
    if stored is not None and brought is None:
        text = (
            "The object was stored using a form of Server Side Encryption. "
            "The correct parameters must be provided to retrieve the object."
        )
        raise invalid_request(text)
    if stored is None and brought is not None:
        raise invalid_request("The encryption parameters are not applicable to this object.")
    if stored != brought:
        text = "Requests specifying Server Side Encryption with Customer provided keys must provide the correct"
        raise denied(f"{text} secret key.")


def same(meta: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """400 for a part that comes with another key than its upload was begun with, or without it."""
    stored, brought = meta.get("SSECustomerKeyMD5"), given(params)
    if stored is not None and brought not in (None, stored):
        raise invalid_request("The provided encryption parameters did not match the ones used originally.")
    if stored != brought:
        text = "The multipart upload initiate requested encryption. Subsequent part requests must include the"
        raise invalid_request(f"{text} appropriate encryption parameters.")
