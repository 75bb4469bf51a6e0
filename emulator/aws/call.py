"""What a handler gets: one AWS call, already parsed, and the forms a body can have in an answer.

Conventions between parser, handlers and serializer, for every protocol:

* members keep the API's own spelling; absent members are absent (never ``None``);
* timestamps are float epoch seconds; blobs are ``bytes``;
* a streaming blob in the *input* is a binary file-like object with ``read(size)`` (already unwrapped from aws-chunked;
  if it came with trailing headers, its ``trailers`` holds them once it was read to the end);
* a streaming blob in the *output* is ``bytes``, a :class:`FileBody`, or an iterator of ``bytes``;
* an event stream in the output is an iterator of one-key dicts (``{"PayloadPart": {"Bytes": b"..."}}``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from emulator.arns import ACCOUNT, REGION, Scope


@dataclass(slots=True)
class Call:
    """One AWS call. Nobody changes one; it is not frozen because that would cost every call 2 µs.

    ``scope`` has the caller's account and the region. ``key`` is the access key id that signed it (empty: nobody did),
    ``client`` the address it came from. ``internal`` marks calls made by our own engines, which are never held or
    signature-checked; ``fate`` is why what the call makes is to end as failed (faults.py).
    """

    service: str
    operation: str
    params: dict[str, Any]
    scope: Scope = field(default_factory=lambda: Scope(ACCOUNT, REGION))
    request_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    key: str = ""
    client: str = ""
    internal: bool = False
    fate: str = ""


@dataclass(slots=True)
class FileBody:
    """A slice of an open file as an answer's body; whoever sends the answer reads from the file and closes it.

    Open, because the object may be overwritten, and its file unlinked, before the answer is sent.
    """

    file: BinaryIO
    offset: int
    length: int

    def open(self) -> BinaryIO:
        """The file, standing where the slice begins; whoever reads it closes it and stops after ``length`` bytes."""
        self.file.seek(self.offset)
        return self.file

    def read(self) -> bytes:
        """The whole slice; the file is closed."""
        with self.file:
            self.file.seek(self.offset)
            return self.file.read(self.length)
