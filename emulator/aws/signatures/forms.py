"""Who signed an upload form. What is signed is its policy, as it is written in the form: :func:`admit_form`.

Source: "Authenticating Requests in Browser-Based Uploads Using POST" in the S3 API reference.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from emulator.aws.keys import Keys
from emulator.aws.signatures import refusals, version2
from emulator.aws.signatures.admit import NOBODY, known
from emulator.aws.signatures.canonical import ALGORITHM, sign, signing_key
from emulator.aws.signatures.claims import Claim, credential, seconds_of


def admit_form(fields: Mapping[str, str], keys: Keys) -> str:
    """The account that signed the policy of a form (fields by lower-case name); nobody's if it has no policy.

    That the fields of one way to sign are all there is checked before (emulator/browser/forms.py).
    """
    if "policy" not in fields:
        return NOBODY
    if "x-amz-signature" not in fields:
        return _old(fields, keys)
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise refusals.algorithm("s3", fields["x-amz-algorithm"])
    claim = _claim(fields)
    pair = known(claim, "s3", keys)
    calculated = sign(signing_key(pair.secret, claim.scope), fields["policy"])
    if not hmac.compare_digest(calculated.encode(), claim.signature.encode()):
        raise refusals.mismatch("s3", claim.key, claim.signature, fields["policy"])
    return pair.account


def _old(fields: Mapping[str, str], keys: Keys) -> str:
    """The same of a form signed with Signature Version 2."""
    claim = Claim(fields["awsaccesskeyid"], "", "", (), fields["signature"], fields.get("x-amz-security-token", ""))
    pair = known(claim, "s3", keys)
    if not hmac.compare_digest(version2.sign(pair.secret, fields["policy"]).encode(), claim.signature.encode()):
        raise refusals.mismatch("s3", claim.key, claim.signature, fields["policy"])
    return pair.account


def _claim(fields: Mapping[str, str]) -> Claim:
    moment = fields["x-amz-date"]
    try:
        seconds_of(moment)
    except ValueError:
        raise refusals.no_date("s3", "") from None
    key, scope = credential(fields["x-amz-credential"], "s3")
    if not moment.startswith(scope.split("/", 1)[0]):
        raise refusals.other_date("s3", scope.split("/", 1)[0], moment)
    return Claim(key, scope, moment, (), fields["x-amz-signature"], fields.get("x-amz-security-token", ""))
