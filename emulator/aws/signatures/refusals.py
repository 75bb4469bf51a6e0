"""How a request that is not what it claims is told so: in S3's words, or in those all other services share.

S3 has codes of its own; the query protocol's codes lack ``Exception``. Source: "Error responses" in the S3 API
reference, "Common Error Types" of the SageMaker API reference and of the IAM API reference.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from emulator.aws import model
from emulator.errors import ServiceError

SKEW = 15 * 60
SKEW_ELSEWHERE = 5 * 60
#: JSON services' codes in the query protocol.
IN_QUERIES = {
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "IncompleteSignatureException": "IncompleteSignature",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ExpiredTokenException": "ExpiredToken",
}
HEADER = "The authorization header is malformed; "
TOO_LATE = "Signature expired: {} is now earlier than"
NOT_YET = "Signature not yet current: {} is still later than"


def common(service: str, code: str, text: str) -> ServiceError:
    """An error of any service but S3: 400 where the protocol is JSON 1.x, else 403."""
    try:
        protocol = model.service(service).protocol
    except KeyError:
        protocol = "json"
    if protocol in {"json", "rest-json"}:
        return ServiceError(code, text, 400 if protocol == "json" else 403)
    return ServiceError(IN_QUERIES[code], text, 400 if code.startswith("Incomplete") else 403)


def incomplete(service: str, s3_text: str, text: str) -> ServiceError:
    """400 for an ``Authorization`` that cannot be read."""
    if service == "s3":
        return ServiceError("AuthorizationHeaderMalformed", f"{HEADER}{s3_text}", 400)
    return common(service, "IncompleteSignatureException", text)


def unsigned(service: str) -> ServiceError:
    """For a request without a signature that needs one."""
    if service == "s3":
        return ServiceError("AccessDenied", "Access Denied", 403)
    return common(service, "MissingAuthenticationTokenException", "Request is missing Authentication Token")


def algorithm(service: str, given: str) -> ServiceError:
    """For a way to sign that is not Signature Version 4: SigV2, SigV4A, a bearer token."""
    name = given.split(" ", 1)[0]
    if service != "s3":
        return common(service, "IncompleteSignatureException", f"Unsupported AWS 'algorithm': '{name}'.")
    if name == "AWS":
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        return ServiceError("InvalidRequest", text)
    if name.startswith("AWS4-ECDSA"):
        text = "A header you provided implies functionality that is not implemented"
        return ServiceError("NotImplemented", text, 501, {"Header": "Authorization", "Algorithm": name})
    fields = {"ArgumentName": "Authorization", "ArgumentValue": given}
    return ServiceError("InvalidArgument", "Unsupported Authorization Type", 400, fields)


def two_ways(service: str, header: str) -> ServiceError:
    """For a request that is signed by header and by query."""
    text = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or"
        " the Authorization header should be specified"
    )
    if service == "s3":
        fields = {"ArgumentName": "Authorization", "ArgumentValue": header}
        return ServiceError("InvalidArgument", text, 400, fields)
    return common(service, "IncompleteSignatureException", text)


def components(service: str, missing: Sequence[str], header: str) -> ServiceError:
    """For a header that lacks one of its parts."""
    texts = [f"Authorization header requires '{name}' parameter." for name in missing]
    s3_text = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
    return incomplete(service, s3_text, " ".join([*texts, f"Authorization={header}"]))


def credential(service: str, given: str) -> ServiceError:
    """For a credential that does not consist of a key and its scope."""
    s3_text = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    text = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got"
    return incomplete(service, s3_text, f"{text} '{given}'")


def other_date(service: str, given: str, moment: str) -> ServiceError:
    """For a scope of another day than the request's."""
    s3_text = f'Invalid credential date "{given}". This date is not the same as X-Amz-Date: "{moment[:8]}".'
    if service == "s3":
        return incomplete(service, s3_text, "")
    text = f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{given}' !="
    return common(service, "InvalidSignatureException", f"{text} '{moment[:8]}', from '{moment}'.")


def other_service(service: str, given: str, wanted: str) -> ServiceError:
    """For a scope of another service."""
    if service == "s3":
        return incomplete(service, f'incorrect service "{given}". This endpoint belongs to "{wanted}".', "")
    text = f"Credential should be scoped to correct service: '{wanted}'."
    return common(service, "InvalidSignatureException", text)


def no_date(service: str, header: str) -> ServiceError:
    """For a request that does not say when it was signed."""
    if service == "s3":
        return ServiceError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)
    text = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    return common(service, "IncompleteSignatureException", f"{text} Authorization={header}")


def unknown_key(service: str, key: str) -> ServiceError:
    """For an access key id nobody has."""
    if service == "s3":
        text = "The AWS Access Key Id you provided does not exist in our records."
        return ServiceError("InvalidAccessKeyId", text, 403, {"AWSAccessKeyId": key})
    return _invalid_token(service)


def token(service: str, given: str) -> ServiceError:
    """For a session token that is not the key's."""
    if service == "s3":
        text = "The provided token is malformed or otherwise invalid."
        return ServiceError("InvalidToken", text, 400, {"Token-0": given} if given else {})
    return _invalid_token(service)


def _invalid_token(service: str) -> ServiceError:
    text = "The security token included in the request is invalid."
    return common(service, "UnrecognizedClientException", text)


def expired_token(service: str, given: str) -> ServiceError:
    """For temporary credentials that are over."""
    if service == "s3":
        return ServiceError("ExpiredToken", "The provided token has expired.", 400, {"Token-0": given})
    return common(service, "ExpiredTokenException", "The security token included in the request is expired")


def not_now(service: str, moment: str, signed: float, now: float) -> ServiceError:
    """For a request that was signed too long ago, or will be."""
    if service == "s3":
        fields = {
            "RequestTime": moment,
            "ServerTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            "MaxAllowedSkewMilliseconds": SKEW * 1000,
        }
        text = "The difference between the request time and the current time is too large."
        return ServiceError("RequestTimeTooSkewed", text, 403, fields)
    sign, words = ("-", TOO_LATE) if signed < now else ("+", NOT_YET)
    bound = _compact(now + (SKEW_ELSEWHERE if sign == "+" else -SKEW_ELSEWHERE))
    text = f"{words.format(moment)} {bound} ({_compact(now)} {sign} {SKEW_ELSEWHERE // 60} min.)"
    return common(service, "InvalidSignatureException", text)


def _compact(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def unsigned_headers(service: str, names: Sequence[str]) -> ServiceError:
    """For headers that a signature must cover and does not."""
    if service == "s3":
        text = "There were headers present in the request which were not signed"
        return ServiceError("AccessDenied", text, 403, {"HeadersNotSigned": ", ".join(names)})
    name = "'Host' or ':authority'" if names[0] == "host" else f"'{names[0].title()}'"
    text = f"{name} must be a 'SignedHeader' in the AWS Authorization."
    return common(service, "InvalidSignatureException", text)


def mismatch(service: str, key: str, signature: str, to_sign: str, canonical: str = "") -> ServiceError:
    """For a signature that is another. S3 shows what it had signed, by which a client's author finds the difference."""
    if service != "s3":
        text = (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
        return common(service, "InvalidSignatureException", text)
    fields = {
        "AWSAccessKeyId": key,
        "StringToSign": to_sign,
        "SignatureProvided": signature,
        "StringToSignBytes": _bytes(to_sign),
    }
    if canonical:
        fields |= {"CanonicalRequest": canonical, "CanonicalRequestBytes": _bytes(canonical)}
    text = (
        "The request signature we calculated does not match the signature you provided. Check your key and signing"
        " method."
    )
    return ServiceError("SignatureDoesNotMatch", text, 403, fields)


def _bytes(text: str) -> str:
    return text.encode("latin-1", "replace").hex(" ")
