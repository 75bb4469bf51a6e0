"""Policy variables: what a bucket's policy says by names that each request fills."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.api.conftest import OTHER
from tests.api.s3_calls import may, put_policy, refused
from tests.conftest import Running

Say = Callable[..., None]


@pytest.fixture
def bucket(open_bucket: str) -> str:
    return open_bucket


def readable(client: Any, bucket: str, *keys: str) -> set[str]:
    """Those of the keys that a client may read."""
    return {key for key in keys if may(client, bucket, key)}


def put(s3: Any, bucket: str, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")


def test_in_resources_and_in_conditions(s3: Any, other: Any, bucket: str, say: Say) -> None:
    mine = f"of/{OTHER}"
    put(s3, bucket, mine)
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/of/${{AWS:principalaccount}}")
    assert readable(other, bucket, mine, "k") == {mine}
    for wanted, held in (("${aws:PrincipalAccount}", False), ("${aws:ResourceAccount}", True)):
        say(Condition={"StringEquals": {"s3:ResourceAccount": wanted}})
        assert may(other, bucket) == held


def test_users_have_names_and_roles_have_none(s3: Any, bucket: str, user: tuple[str, Any]) -> None:
    arn, theirs = user
    home, nobodys = f"home/{arn.rpartition('/')[2]}", "home/nobody"
    put(s3, bucket, home, nobodys)
    put_policy(s3, bucket, "Deny", Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/home/${{aws:username}}")
    assert readable(theirs, bucket, home, nobodys) == {nobodys}
    assert readable(s3, bucket, home, nobodys) == {home, nobodys}
    named = f"arn:aws:s3:::{bucket}/home/${{aws:username, 'nobody'}}"
    put_policy(s3, bucket, "Deny", Action="s3:GetObject", Resource=named)
    assert readable(theirs, bucket, home, nobodys) == {nobodys}
    assert readable(s3, bucket, home, nobodys) == {home}


TAGS = [
    ({"StringEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}"}}, False),
    ({"StringEquals": {"s3:ExistingObjectTag/team": ["${aws:PrincipalTag/team}", "red"]}}, True),
    ({"StringLike": {"s3:ExistingObjectTag/team": "*${aws:PrincipalTag/team}"}}, False),
    ({"StringNotEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}"}}, True),
    ({"StringEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team, 'red'}"}}, True),
    ({"StringEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team, 'blue'}"}}, False),
    ({"StringEquals": {"s3:ExistingObjectTag/team": "${s3:ExistingObjectTag/team, 'blue'}"}}, True),
    ({"StringEquals": {"s3:ExistingObjectTag/team": "${}red"}}, False),
    ({"StringLike": {"s3:ExistingObjectTag/team": "r${*}"}}, False),
    ({"NumericEquals": {"aws:EpochTime": "${aws:EpochTime}"}}, False),
    ({"Bool": {"aws:SecureTransport": "${aws:SecureTransport}"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/Sage*"}}, True),
]


@pytest.mark.parametrize(("condition", "held"), TAGS, ids=[json.dumps(row[0]) for row in TAGS])
def test_what_has_no_value_is_like_nothing(
    other: Any, bucket: str, say: Say, condition: dict[str, Any], held: bool
) -> None:
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*", Condition=condition)
    assert may(other, bucket) == held


def test_keys_of_many_values_are_no_variables(other: Any, bucket: str, say: Say) -> None:
    actions = ["s3:PutObject", "s3:PutObjectTagging"]
    tagged = {"Bucket": bucket, "Key": "team", "Tagging": "team=red"}
    say(Action=actions, Resource=f"arn:aws:s3:::{bucket}/${{s3:RequestObjectTagKeys}}")
    refused(other.put_object, "AccessDenied", 403, **tagged)
    say(Action=actions, Resource=f"arn:aws:s3:::{bucket}/${{s3:RequestObjectTagKeys, 'team'}}")
    other.put_object(**tagged)


CHARACTERS = [("a${*}b", {"a*b"}), ("a${?}b", {"a?b"}), ("a${$}{*}b", {"a${*}b"}), ("a*b", {"a*b", "a?b", "a${*}b"})]


@pytest.mark.parametrize(("resource", "names"), CHARACTERS, ids=[row[0] for row in CHARACTERS])
def test_characters_that_mean_themselves(
    s3: Any, other: Any, bucket: str, say: Say, resource: str, names: set[str]
) -> None:
    keys = ("a*b", "a?b", "a${*}b")
    put(s3, bucket, *keys)
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/{resource}")
    assert readable(other, bucket, *keys) == names


def test_what_a_caller_says_is_no_pattern(server: Running, bucket: str, say: Say) -> None:
    say(Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/${{aws:Referer}}")
    for referer, status in (("k", 200), ("*", 403), ("?", 403)):
        answer = requests.get(f"{server.url}/{bucket}/k", headers={"Referer": referer}, timeout=30)
        assert answer.status_code == status


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}], ids=["none", "old"])
def test_old_policies_have_none(s3: Any, other: Any, bucket: str, version: dict[str, str]) -> None:
    keys = ("of/${aws:PrincipalAccount}", f"of/{OTHER}")
    put(s3, bucket, *keys)
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement = {**allow, "Resource": f"arn:aws:s3:::{bucket}/{keys[0]}"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**version, "Statement": [statement]}))
    assert readable(other, bucket, *keys) == {keys[0]}
