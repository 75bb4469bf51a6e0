"""Uploads by HTML form (``POST /bucket`` with multipart/form-data), turned into PutObject requests.

The fields come first and say what the file is to be; the file is streamed, and whatever follows it is ignored, as S3
does. What a newcomer would get wrong: the length of the file is unknown until its end, so a size limit of the policy
is kept while it streams; and every field must be covered by a condition of the policy, or the form is refused.
Source: "Browser-Based Uploads Using POST" in the S3 API reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.message import Message
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from emulator.aws.detect import Target, bucket_of
from emulator.aws.http import Readable, Request, Response
from emulator.browser.policy import Limits, check
from emulator.errors import ServiceError

FIELDS_LIMIT = 20_000
_PIECE = 64 << 10
_DISPOSITION = re.compile(rb"(?im)^content-(disposition|type):\s*(.*)$")
#: Form fields that are headers of PutObject under their own name.
HEADERS = ("cache-control", "content-type", "content-disposition", "content-encoding", "expires", "content-language")
#: The fields of a signature, in both of its versions.
SIGNATURES = (
    ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"),
    ("AWSAccessKeyId", "Signature"),
)
REDIRECTS = ("success_action_redirect", "redirect")


@dataclass(frozen=True, slots=True)
class Form:
    """A form up to its file: fields by lower-case name, the file's name, and its bytes as a stream."""

    fields: Mapping[str, str]
    filename: str
    file: Readable


def is_form(request: Request) -> bool:
    """Whether a request is a form for S3."""
    return request.method == "POST" and request.content_type == "multipart/form-data"


def put(request: Request, target: Target) -> tuple[Request, Target, Form]:
    """The PutObject a form means. 400 for a broken form, 403 ``AccessDenied`` where its policy does not allow it."""
    form = read(request)
    bucket = bucket_of(request.host) or request.path.strip("/")
    if "key" not in form.fields:
        raise needed("key")
    if "policy" in form.fields:
        signable(form.fields)
    key = form.fields["key"].replace("${filename}", form.filename)
    limits = check({**form.fields, "key": key, "bucket": bucket})
    # No header of a request has such a name: it tells the upload's event by what it was.
    headers = {"host": request.headers.get("host", ""), ":method": "POST", **headers_of(form.fields)}
    body = Limited(form.file, limits)
    made = replace(request, method="PUT", path=f"/{bucket}/{key}", query_string="", headers=headers, body=body)
    return made, Target("s3", "PutObject", target.region, {"Bucket": bucket, "Key": key}, key=signer(form.fields)), form


def signable(fields: Mapping[str, str]) -> None:
    """A policy is worth nothing unsigned: 400 ``InvalidArgument`` for a form that lacks a field of its signature, 403
    for one without any."""
    names = next((names for names in SIGNATURES if any(name.lower() in fields for name in names)), None)
    if names is None:
        raise ServiceError("AccessDenied", "Access Denied", 403)
    missing = next((name for name in names if name.lower() not in fields), None)
    if missing is not None:
        raise needed(missing)


def needed(name: str) -> ServiceError:
    """S3's 400 for a form without a field it must have."""
    text = f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields"
    return ServiceError("InvalidArgument", f"{text}.", 400, {"ArgumentName": name, "ArgumentValue": ""})


def signer(fields: Mapping[str, str]) -> str:
    """The access key id that signed a form's policy, or ``""``."""
    return fields.get("x-amz-credential", "").partition("/")[0] or fields.get("awsaccesskeyid", "")


def headers_of(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that are headers of the upload."""
    found = {name: value for name, value in fields.items() if name in HEADERS or name.startswith("x-amz-")}
    for name in ("x-amz-signature", "x-amz-credential", "x-amz-algorithm", "x-amz-date", "x-amz-security-token"):
        found.pop(name, None)
    if "acl" in fields:
        found["x-amz-acl"] = fields["acl"]
    if "tagging" in fields:
        found["x-amz-tagging"] = tagging(fields["tagging"])
    return {name: value.encode().decode("latin-1") for name, value in found.items()}


def tagging(document: str) -> str:
    """The tag set of a form, which is XML there, as the header has it."""
    try:
        tags = [{part.tag.rpartition("}")[2]: part.text or "" for part in tag} for tag in _tags(document)]
        return "&".join(f"{quote(tag['Key'], safe='')}={quote(tag['Value'], safe='')}" for tag in tags)
    except (ElementTree.ParseError, KeyError):
        raise ServiceError("MalformedXML", "The XML you provided was not well-formed") from None


def _tags(document: str) -> list[ElementTree.Element]:
    if "<!" in document:  # no entities: they could grow without end
        raise KeyError(document)
    return [one for one in ElementTree.fromstring(document).iter() if one.tag.rpartition("}")[2] == "Tag"]


def answer(request: Request, form: Form, stored: Response) -> Response:
    """What the browser gets: a redirect, or the status the form asks for (204 without)."""
    etag = next((value for name, value in stored.headers if name.lower() == "etag"), "")
    bucket, _, key = request.path.lstrip("/").partition("/")
    headers = [one for one in stored.headers if one[0].lower() != "content-length"]
    place = f"{request.scheme}://{request.headers.get('host', '')}/{bucket}/{quote(key)}"
    target = next((form.fields[name] for name in REDIRECTS if form.fields.get(name)), "")
    if target.startswith(("http://", "https://")) and "\n" not in target and "\r" not in target:
        query = f"bucket={quote(bucket, safe='')}&key={quote(key, safe='')}&etag={quote(etag, safe='')}"
        return Response(303, [*headers, ("Location", f"{target}{'&' if '?' in target else '?'}{query}")])
    headers.append(("Location", place))
    status = form.fields.get("success_action_status")
    if status != "201":
        return Response(200 if status == "200" else 204, headers)
    parts = {"Location": place, "Bucket": bucket, "Key": key, "ETag": etag}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>'
    return Response(201, [*headers, ("Content-Type", "application/xml")], text.encode())


def read(request: Request) -> Form:
    """The form up to its file. 400 ``MalformedPOSTRequest``, ``MaxPostPreDataLengthExceeded``, ``InvalidArgument``."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise malformed()
    # A part ends at a line break and the boundary; the first one has nothing before it.
    lines = Lines(request.body, b"\r\n--" + boundary.encode("latin-1", "replace"))
    fields: dict[str, str] = {}
    lines.skip()
    while lines.more():
        name, filename = described(lines.head())
        if name == "file":
            return Form(fields, _base(filename or ""), lines)
        fields[name] = lines.read().decode("utf-8", "replace")
    text = "POST requires exactly one file upload per request."
    raise ServiceError("InvalidArgument", text, 400, {"ArgumentName": "file", "ArgumentValue": "0"})


def _base(filename: str) -> str:
    return re.split(r"[/\\]", filename)[-1]


def described(head: bytes) -> tuple[str, str | None]:
    """(field name in lower case, file name or None) of a part's header lines."""
    found = {name.lower(): value.strip() for name, value in _DISPOSITION.findall(head)}
    message = Message()
    message["content-disposition"] = found.get(b"disposition", b"").decode("utf-8", "replace")
    name: Any = message.get_param("name", header="content-disposition")
    filename: Any = message.get_filename()
    if not isinstance(name, str):
        raise malformed()
    return name.lower(), filename


def malformed() -> ServiceError:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return ServiceError("MalformedPOSTRequest", text)


class Lines:
    """A multipart body. ``read`` gives the bytes of the present part and nothing behind it."""

    def __init__(self, source: Readable, mark: bytes) -> None:
        self._source = source
        self._mark = mark
        self._buffer = b"\r\n"
        self._ended = False
        self._seen = 0

    def skip(self) -> None:
        """Go to the first part."""
        while self.read(_PIECE):
            pass

    def more(self) -> bool:
        """Go behind the boundary that has just been met; False if it was the last."""
        self._buffer = self._buffer[len(self._mark) :]
        while len(self._buffer) < 2 and self._fill():  # "--" or a line break
            pass
        last = self._buffer.startswith(b"--")
        self._ended = False
        return not last

    def head(self) -> bytes:
        """The header lines of the part that begins here."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._count()
            if not self._fill():
                raise malformed()
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        return head

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes of this part (all with -1: only for fields, which are short); ``b""`` at its end."""
        if size < 0:
            whole = b""
            while piece := self.read(_PIECE):
                whole += piece
                self._seen += len(piece)
                self._count()
            return whole
        while not self._ended:
            at = self._buffer.find(self._mark)
            # What could be the beginning of the mark is kept back.
            safe = at if at >= 0 else len(self._buffer) - len(self._mark) + 1
            if safe > 0:
                piece, self._buffer = self._buffer[: min(safe, size)], self._buffer[min(safe, size) :]
                return piece
            if at == 0:
                self._ended = True
            elif not self._fill():
                raise malformed()
        return b""

    def _count(self) -> None:
        if self._seen + len(self._buffer) > FIELDS_LIMIT + _PIECE or self._seen > FIELDS_LIMIT:
            text = "Your POST request fields preceding the upload file were too large."
            raise ServiceError("MaxPostPreDataLengthExceeded", text)

    def _fill(self) -> bool:
        more = self._source.read(_PIECE)
        self._buffer += more
        return bool(more)


class Limited:
    """A file that must fit its policy's ``content-length-range``."""

    def __init__(self, source: Readable, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._seen = 0

    def read(self, size: int = -1, /) -> bytes:
        """What the file gives; 400 ``EntityTooLarge`` past the limit, ``EntityTooSmall`` if it ends before."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        data = self._source.read(size)
        self._seen += len(data)
        if self._seen > self._limits.most:
            fields = {"ProposedSize": self._seen, "MaxSizeAllowed": self._limits.most}
            raise ServiceError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, fields)
        if not data and size and self._seen < self._limits.least:
            fields = {"ProposedSize": self._seen, "MinSizeAllowed": self._limits.least}
            text = "Your proposed upload is smaller than the minimum allowed size"
            raise ServiceError("EntityTooSmall", text, 400, fields)
        return data
