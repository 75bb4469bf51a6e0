"""JSONPath subset, filters and joins; the examples are those of AWS's developer guide."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.jobs.base import JobFailed
from emulator.jobs.joining import compile_processing
from emulator.jobs.jsonpath import compile_path

RECORD = {"id": 1, "features": [10, 20, 30, 40], "nested": {"a": {"b": 2}, "c": 3}, "with space": 4}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", RECORD),
        ("$.id", 1),
        ("$['id']", 1),
        ("$.nested.a.b", 2),
        ("$['nested']['c']", 3),
        ("$['with space']", 4),
        ("$['id','nested']", {"id": 1, "nested": {"a": {"b": 2}, "c": 3}}),
        ("$.features[0]", 10),
        ("$.features[-1]", 40),
        ("$.features[0,2]", [10, 30]),
        ("$.features[1:]", [20, 30, 40]),
        ("$.features[:-1]", [10, 20, 30]),
        ("$.features[1:3]", [20, 30]),
        ("$.features[*]", [10, 20, 30, 40]),
        ("$.features.*", [10, 20, 30, 40]),
    ],
)
def test_paths(path: str, expected: Any) -> None:
    assert compile_path(path)(RECORD) == expected


@pytest.mark.parametrize("path", ["", "id", "$..id", "$[?(@.a>1)]", "$.features[::2]", "$['a"])
def test_paths_outside_the_subset(path: str) -> None:
    with pytest.raises(JobFailed, match="Invalid JSONPath"):
        compile_path(path)


@pytest.mark.parametrize("path", ["$.missing", "$.features[9]", "$.id[0]", "$.id.x"])
def test_paths_that_do_not_fit_fail_the_job(path: str) -> None:
    with pytest.raises(JobFailed, match="does not fit"):
        compile_path(path)(RECORD)


def processing(content_type: str = "text/csv", accept: str = "text/csv", **spec: str) -> Any:
    return compile_processing(spec, content_type, accept)


def test_without_data_processing_bytes_pass_untouched() -> None:
    plain = processing()
    batch = [b'1, "a"', b"2,b"]
    assert plain.outgoing(batch) is batch
    assert plain.incoming(batch, b"anything") == b"anything"


def test_csv_leave_out_the_id_and_join() -> None:
    chosen = processing(InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]")
    batch = [b"id1,5,6", b'"id,2",7,8']
    assert chosen.outgoing(batch) == [b"5,6", b"7,8"]
    assert chosen.incoming(batch, b"0.5\n0.75\n") == b'id1,0.5\n"id,2",0.75'


def test_json_lines_join() -> None:
    chosen = processing("application/jsonlines", "application/jsonlines", JoinSource="Input")
    assert chosen.incoming([b'{"a":1}', b"[2]"], b'{"p":3}\n4') == (
        b'{"a":1,"SageMakerOutput":{"p":3}}\n{"SageMakerInput":[2],"SageMakerOutput":4}'
    )


def test_json_filters() -> None:
    kind = "application/json"
    chosen = processing(
        kind, kind, InputFilter="$.features", JoinSource="Input", OutputFilter="$['id','SageMakerOutput']"
    )
    assert chosen.outgoing([b'{"id":7,"features":[1]}']) == [b"[1]"]
    assert chosen.incoming([b'{"id":7,"features":[1]}'], b"0.5") == b'{"id":7,"SageMakerOutput":0.5}'


def test_a_join_needs_an_answer_for_each_record() -> None:
    with pytest.raises(JobFailed, match="2 input records"):
        processing(JoinSource="Input").incoming([b"1", b"2"], b"0.5\n0.5\n0.5")


def test_a_join_needs_one_format() -> None:
    with pytest.raises(JobFailed, match="one format"):
        processing("text/csv", "application/json", JoinSource="Input")


def test_records_that_are_not_what_they_say_fail_the_job() -> None:
    kind = "application/json"
    with pytest.raises(JobFailed, match="not JSON"):
        processing(kind, kind, InputFilter="$.a").outgoing([b"{"])
