"""Checksums of S3 bodies, all of them in one pass over the pieces as they stream by.

MD5 is always computed (it is the ETag), and CRC64NVME where the client names no checksum, as S3 does. CRC32C, CRC64NVME
and XXHash come from AWS's own ``awscrt`` (hardware instructions, some 50 GB/s, so S3's default checksum costs nothing;
the standard library has none of them), and so does MD5, which is two thirds of what an upload costs: 1.33 s of CPU per
GB against 1.40 in Python's. CRC32, which boto3 sends, is zlib-ng's: 0.02 s per GB; zlib takes 0.25, awscrt 0.35. Both
are imported with the first body, not before.

Values are raw digests, big-endian for CRCs; :func:`text` gives the base64 form of the API.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

DEFAULT = "CRC64NVME"
CRC_BYTES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8}
HASHLIB = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512", "MD5": "md5"}
XXHASH = {"XXHASH64": "new_xxhash64", "XXHASH3": "new_xxhash3_64", "XXHASH128": "new_xxhash3_128"}
ALGORITHMS = (*CRC_BYTES, *HASHLIB, *XXHASH)


class Digest(Protocol):
    """What all algorithms can do."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc:
    """A CRC as a digest."""

    def __init__(self, name: str) -> None:
        self._step = crc_function(name)
        self._size = CRC_BYTES[name]
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _XxHash:
    """An XXHash of awscrt as a digest."""

    def __init__(self, name: str) -> None:
        self._hash = getattr(_awscrt().XXHash, XXHASH[name])()

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return bytes(self._hash.finalize())


def new(name: str) -> Digest:
    """A fresh digest of an algorithm by its API name (``CRC32C``)."""
    if name in CRC_BYTES:
        return _Crc(name)
    if name == "MD5":
        return _md5()
    return _XxHash(name) if name in XXHASH else hashlib.new(HASHLIB[name], usedforsecurity=False)


def crc_function(name: str) -> Callable[[bytes, int], int]:
    """``(data, previous value) -> value``."""
    return _crc32() if name == "CRC32" else getattr(_awscrt(), name.lower())


def text(digest: bytes) -> str:
    """The API's form of a checksum."""
    return base64.b64encode(digest).decode()


def raw(value: str, name: str) -> bytes | None:
    """The digest in a checksum header, or None if it is not one of this algorithm."""
    try:
        digest = base64.b64decode(value, validate=True)
    except ValueError:
        return None
    return digest if len(digest) == size(name) else None


def size(name: str) -> int:
    """Bytes in a digest."""
    if name in CRC_BYTES:
        return CRC_BYTES[name]
    return hashlib.new(HASHLIB[name], usedforsecurity=False).digest_size if name in HASHLIB else _xxhash_size(name)


def composite(name: str, digests: Iterable[bytes]) -> bytes:
    """The checksum of the parts' checksums, one after the other."""
    total = new(name)
    for digest in digests:
        total.update(digest)
    return total.digest()


def combine(name: str, parts: Sequence[tuple[bytes, int]]) -> bytes:
    """The CRC of the whole from (CRC, length) of its parts, without reading them again."""
    step = getattr(_awscrt(), f"combine_{name.lower()}")
    value = 0
    for digest, length in parts:
        value = step(value, int.from_bytes(digest, "big"), length)
    return int(value).to_bytes(CRC_BYTES[name], "big")


class Hasher:
    """Several digests fed together: MD5 and the named ones."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._digests = {name: new(name) for name in dict.fromkeys(("MD5", *names))}
        self.size = 0

    def update(self, piece: bytes) -> None:
        """Feed a piece."""
        self.size += len(piece)
        for digest in self._digests.values():
            digest.update(piece)

    def digests(self) -> dict[str, bytes]:
        """Raw digests by name; MD5 among them."""
        return {name: digest.digest() for name, digest in self._digests.items()}


def _xxhash_size(name: str) -> int:
    return 16 if name == "XXHASH128" else 8


def _crc32() -> Callable[[bytes, int], int]:
    from zlib_ng.zlib_ng import crc32

    return crc32


def _md5() -> Digest:
    from awscrt.crypto import Hash

    digest: Digest = Hash.md5_new()
    return digest


def _awscrt() -> Any:
    from awscrt import checksums  # 9 MB that a server without uploads does not need

    return checksums
