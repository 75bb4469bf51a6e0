"""The encryption headers of a request: what they may ask for together, and that a read brings none of them.

Nothing is encrypted here; an object only keeps what its writer asked for. Keys of the customer's own are in
``customer_keys.py``. Sources: "Specifying server-side encryption with AWS KMS" in the S3 user guide; HeadObject,
"Encryption", in the API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.aws import model
from handlers.s3.checks import invalid_argument

HEADER = "x-amz-server-side-encryption"
#: Headers by which a write chooses an encryption with keys of S3 or KMS.
CHOICES = (HEADER, f"{HEADER}-aws-kms-key-id", f"{HEADER}-context", f"{HEADER}-bucket-key-enabled")
KMS = "aws:kms"


def consistent(params: Mapping[str, Any]) -> None:
    """400 ``InvalidArgument`` for a write that asks for two encryptions, one there is not, or a key without its use."""
    method = params.get("ServerSideEncryption")
    if method is not None and "SSECustomerAlgorithm" in params:
        text = "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
        raise invalid_argument(text, HEADER, method)
    if (
        method is not None
        and method not in model.service("s3").model.shape_for("ServerSideEncryption").metadata["enum"]
    ):
        raise invalid_argument("The encryption method specified is not supported", HEADER, method)
    if "SSEKMSKeyId" in params and not (method or "").startswith(KMS):
        text = "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption"
        raise invalid_argument(f"{text} : aws:kms", HEADER, method or "")


def unasked(headers: Mapping[str, str]) -> None:
    """400 ``InvalidArgument`` for a read with a header that only writes have."""
    for name in CHOICES:
        if name in headers:
            raise invalid_argument(f"{name} header is not supported for this operation.", name, headers[name])
