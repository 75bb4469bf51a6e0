"""Lines to payloads and back."""

from __future__ import annotations

import io

import pytest

from emulator.jobs import splitting
from emulator.jobs.base import JobFailed


def test_records_are_lines_without_ends_and_empties() -> None:
    assert list(splitting.records(io.BytesIO(b"a\r\n\nb\nc"))) == [b"a", b"b", b"c"]


def test_multi_record_fills_a_payload_up_to_the_limit() -> None:
    lines = [b"aaaa", b"bbbb", b"cccc", b"d"]
    assert list(splitting.batches(lines, True, 10)) == [[b"aaaa", b"bbbb"], [b"cccc", b"d"]]
    assert list(splitting.batches(lines, True, 0)) == [lines]
    assert all(len(splitting.payload(batch)) <= 10 for batch in splitting.batches(lines, True, 10))


def test_single_record() -> None:
    assert list(splitting.batches([b"a", b"b"], False, 100)) == [[b"a"], [b"b"]]


def test_no_lines_make_no_payload() -> None:
    assert list(splitting.batches([], True, 10)) == []


def test_a_record_over_the_limit_fails_the_job() -> None:
    with pytest.raises(JobFailed, match="MaxPayloadInMB"):
        list(splitting.batches([b"x" * 11], True, 10))


@pytest.mark.parametrize(
    ("body", "count", "lines"),
    [
        (b"1\n2\n", 2, [b"1", b"2"]),
        (b"1\n2", 2, [b"1", b"2"]),
        (b"[1,\n2]", 1, [b"[1,\n2]"]),
        (b"1,2", 2, None),
    ],
)
def test_answers(body: bytes, count: int, lines: list[bytes] | None) -> None:
    assert splitting.answers(body, [b"r"] * count) == lines


def test_assemble_with_line_ends_every_answer_once() -> None:
    assert [splitting.assembled(body, True) for body in (b"a", b"a\n", b"")] == [b"a\n", b"a\n", b"\n"]
    assert splitting.assembled(b"a", False) == b"a"
