"""Event streams on the way out: the ``application/vnd.amazon.eventstream`` framing.

One message is: total length and headers length (big endian 32 bit), CRC32 of those 8 bytes, headers, payload, CRC32 of
everything before. A header is a length-prefixed name, the type byte 7 (text) and a length-prefixed value.
Source: Amazon Event Stream specification (Smithy 2.0).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_TEXT = 7


def message(headers: Mapping[str, str], payload: bytes = b"") -> bytes:
    """One framed message with text headers."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    frame = prelude + struct.pack("!I", crc32(prelude)) + head + payload
    return frame + struct.pack("!I", crc32(frame))


def event(name: str, payload: bytes, content_type: str = "") -> bytes:
    """An event of a stream; ``initial-response`` opens the streams of RPC protocols."""
    headers = {":message-type": "event", ":event-type": name}
    if content_type:
        headers[":content-type"] = content_type
    return message(headers, payload)


def exception(name: str, payload: bytes, content_type: str = "application/json") -> bytes:
    """A modelled exception inside a stream; botocore raises it as EventStreamError."""
    return message({":message-type": "exception", ":exception-type": name, ":content-type": content_type}, payload)


def error(code: str, text: str) -> bytes:
    """An unmodelled error inside a stream."""
    return message({":message-type": "error", ":error-code": code, ":error-message": text})


def _header(name: str, value: str) -> bytes:
    key, data = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", _TEXT, len(data)) + data
