"""Log streams on files: order, positions, long files, torn lines, names."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.logs import FIRST, Logs, Missing

GROUP, STREAM = "/aws/sagemaker/TrainingJobs", "job/algo-1-1700000000"


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "logs")


def messages(logs: Logs, **how: object) -> list[str]:
    return [event.message for event in logs.stream(GROUP, STREAM).events(**how)]  # type: ignore[arg-type]


def test_text_comes_back_whatever_it_holds(logs: Logs) -> None:
    texts = ["plain", "two\nlines\r\n", "back\\slash \\n \\\\", "naïve ☃", " leading", "\\\n"]
    logs.append(GROUP, STREAM, [(1, text) for text in texts])
    assert messages(logs) == texts
    assert messages(logs, reverse=True) == texts[::-1]


def test_append_makes_group_and_stream_and_an_empty_one_too(logs: Logs) -> None:
    logs.append(GROUP, STREAM, [])
    assert logs.streams(GROUP) == [STREAM]
    assert logs.streams(GROUP, "job/") == [STREAM]
    assert logs.streams(GROUP, "other") == []
    assert logs.streams("/none") == []
    assert logs.count(GROUP, STREAM) == 0
    assert logs.stream(GROUP, STREAM).info().last is None


def test_events_of_a_long_stream_are_found_by_time_and_by_position(logs: Logs) -> None:
    for begin in range(0, 20_000, 500):
        logs.append(GROUP, STREAM, [(i // 3, f"line {i} {'x' * (i % 90)}") for i in range(begin, begin + 500)])
    stream = logs.stream(GROUP, STREAM)
    assert next(stream.events(start=5000)).message.startswith("line 15000 ")
    assert [event.time for event in stream.events(start=5000, end=5002)] == [5000] * 3 + [5001] * 3
    middle = next(stream.events(start=4000))
    assert next(stream.events(after=middle.position)).message.startswith("line 12001 ")
    assert next(stream.events(after=middle.position, reverse=True)).message.startswith("line 11999 ")
    assert sum(1 for _ in stream.events(reverse=True)) == stream.count() == 20_000


def test_a_position_goes_on_with_what_is_appended_later(logs: Logs) -> None:
    logs.append(GROUP, STREAM, [(5, "a"), (5, "b")])
    last = list(logs.stream(GROUP, STREAM).events())[-1].position
    assert messages(logs, after=last) == []
    logs.append(GROUP, STREAM, [(5, "c"), (6, "d")])
    assert messages(logs, after=last) == ["c", "d"]


def test_late_events_are_sorted_in(logs: Logs) -> None:
    logs.append(GROUP, STREAM, [(10, "b"), (30, "d")])
    logs.append(GROUP, STREAM, [(20, "c"), (5, "a")])
    assert messages(logs) == ["a", "b", "c", "d"]
    assert messages(logs, reverse=True, start=10, end=30) == ["c", "b"]
    assert messages(logs, after=FIRST, start=20) == ["c", "d"]


def test_a_torn_line_is_ignored_and_cut_off(logs: Logs, tmp_path: Path) -> None:
    logs.append(GROUP, STREAM, [(1, "whole")])
    path = logs.stream(GROUP, STREAM).path
    path.write_bytes(path.read_bytes() + b"2 2 torn in the mid")
    again = Logs(tmp_path / "logs")
    assert messages(again) == ["whole"]
    again.append(GROUP, STREAM, [(3, "next")])
    assert messages(again) == ["whole", "next"]


def test_any_name_has_a_file(logs: Logs) -> None:
    for name in (".", "..", "a/b", "%2F", "ü" * 500, "ü" * 499 + "x", "x" * 512):
        logs.append(name, name, [(1, name)])
        assert logs.streams(name, name[:300]) == [name]
        assert [event.message for event in logs.stream(name, name).events()] == [name]
    assert len(logs.groups()) == 7


def test_deleting(logs: Logs) -> None:
    logs.append(GROUP, STREAM, [(1, "old")])
    logs.delete_stream(GROUP, STREAM)
    with pytest.raises(Missing):
        logs.stream(GROUP, STREAM)
    logs.append(GROUP, STREAM, [(1, "new")])
    assert messages(logs) == ["new"]
    logs.delete_group(GROUP)
    with pytest.raises(Missing, match=r"The specified log group does not exist\."):
        logs.stream(GROUP, STREAM)
    logs.append(GROUP, STREAM, [(1, "again")])
    assert messages(logs) == ["again"]
