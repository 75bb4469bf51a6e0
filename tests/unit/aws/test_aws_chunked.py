"""Bodies as streams: bounds, aws-chunked wrapping, trailers, and what a torn body is."""

from __future__ import annotations

import io

import pytest

from emulator.aws.chunked import AwsChunked, Bounded, unwrap
from emulator.errors import ServiceError


class Dribble(io.RawIOBase):
    """Gives at most three bytes at a time, as a slow network may."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data

    def read(self, size: int = -1, /) -> bytes:
        piece, self._data = self._data[: min(3, size)], self._data[min(3, size) :]
        return piece


SIGNED = (
    b"5;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\nhello\r\n"
    b"6;chunk-signature=aa\r\n world\r\n0;chunk-signature=bb\r\n\r\n"
)
TRAILER = b"a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:poTHxg==\r\nx-amz-trailer-signature:ff\r\n\r\n"


def failure(body: object) -> str:
    with pytest.raises(ServiceError) as caught:
        body.read()  # type: ignore[attr-defined]
    assert caught.value.status == 400
    return caught.value.code


@pytest.mark.parametrize("source", [io.BytesIO, Dribble])
def test_signed_chunks_are_joined(source: type) -> None:
    assert AwsChunked(source(SIGNED), 11).read() == b"hello world"


@pytest.mark.parametrize("source", [io.BytesIO, Dribble])
def test_trailers_are_there_after_the_end(source: type) -> None:
    body = AwsChunked(source(TRAILER), 10)
    assert body.read() == b"0123456789"
    assert body.trailers == {"x-amz-checksum-crc32": "poTHxg==", "x-amz-trailer-signature": "ff"}
    assert body.read() == b""


def test_reading_in_small_pieces_gives_the_same() -> None:
    body = AwsChunked(io.BytesIO(SIGNED))
    assert b"".join(iter(lambda: body.read(2), b"")) == b"hello world"


def test_a_body_without_its_last_empty_line_is_whole() -> None:
    assert AwsChunked(io.BytesIO(b"2\r\nab\r\n0\r\n"), 2).read() == b"ab"


@pytest.mark.parametrize("data", [b"", b"5\r\nhel", b"5\r\nhello\r\n", b"5\r\nhello", b"5"])
def test_a_torn_body_is_incomplete(data: bytes) -> None:
    assert failure(AwsChunked(io.BytesIO(data), 5)) == "IncompleteBody"


def test_a_body_shorter_than_its_decoded_length_is_incomplete() -> None:
    assert failure(AwsChunked(io.BytesIO(b"2\r\nab\r\n0\r\n\r\n"), 3)) == "IncompleteBody"


@pytest.mark.parametrize("data", [b"xyz\r\nab\r\n", b"-1\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n", b"1" * 40_000])
def test_what_is_no_chunk_is_invalid(data: bytes) -> None:
    assert failure(AwsChunked(io.BytesIO(data))) == "InvalidRequest"


def test_a_bounded_body_stops_at_its_length() -> None:
    body = Bounded(io.BytesIO(b"abcdefNEXT"), 6)
    assert (body.read(4), body.read(4), body.read(4)) == (b"abcd", b"ef", b"")
    assert body.remaining == 0


def test_a_bounded_body_cut_short_is_incomplete() -> None:
    assert failure(Bounded(io.BytesIO(b"abc"), 6)) == "IncompleteBody"


def test_a_body_without_length_ends_where_the_source_ends() -> None:
    body = Bounded(io.BytesIO(b"abc"), None)
    assert (body.read(), body.remaining) == (b"abc", 0)


def test_only_wrapped_bodies_are_unwrapped() -> None:
    plain = io.BytesIO(b"abc")
    assert unwrap(plain, {"content-encoding": "gzip", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}) is plain
    assert unwrap(io.BytesIO(TRAILER), {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}) is not plain
    with pytest.raises(ServiceError, match="InvalidArgument"):
        unwrap(plain, {"content-encoding": "aws-chunked,gzip", "x-amz-decoded-content-length": "-3"})
