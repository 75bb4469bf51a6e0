"""Key pairs: as a flag gives them (``ID=SECRET[@ACCOUNT]``) and as AWS's credentials files hold them.

A secret is shown by no ``repr`` and named in no error: both end up in logs.
Source of the file's form: "Configuration and credential file settings" in the AWS CLI user guide.
"""

from __future__ import annotations

import argparse
import configparser
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

ACCOUNT_DIGITS = 12
FILE = "credentials"
"""The file in a data folder that has the pairs of a strict server, for those who may read it."""

_PAIR = re.compile(r"(?P<id>[\w.+/-]{1,128})=(?P<secret>[^,\s@]+|[^,\s]+(?=@))(?:@(?P<account>[0-9]{12}))?")
"""What follows the last ``@`` is an account: a secret that has one itself needs the account too, or the file."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An access key. Without ``account`` it is the server's own; ``token`` and ``expires`` (epoch seconds) are those of
    temporary credentials."""

    id: str
    secret: str = field(repr=False)
    account: str = ""
    token: str = field(default="", repr=False)
    expires: float = inf


class KeyPairs(tuple[KeyPair, ...]):
    """Several pairs; as text, what :func:`key_pairs` reads."""

    __slots__ = ()

    def __str__(self) -> str:
        return ",".join(f"{one.id}={one.secret}{one.account and '@'}{one.account}" for one in self)


class BadKeyPair(argparse.ArgumentTypeError, ValueError):
    """A pair that is none. Both parents, so that argparse prints this message and not the argument."""


def is_account(text: str) -> bool:
    """Whether a text is an account id."""
    return len(text) == ACCOUNT_DIGITS and text.isascii() and text.isdigit()


def key_pairs(text: str) -> KeyPairs:
    """``ID=SECRET[@ACCOUNT]``, several with commas between; :class:`BadKeyPair` otherwise."""
    found = [_PAIR.fullmatch(one) for one in text.split(",") if one]
    if None in found:
        raise BadKeyPair("a key pair is ID=SECRET or ID=SECRET@ACCOUNT, the account twelve digits")
    return checked(KeyPair(one["id"], one["secret"], one["account"] or "") for one in found if one)


key_pairs.__name__ = "ID=SECRET[@ACCOUNT]"


def checked(pairs: Iterable[KeyPair]) -> KeyPairs:
    """The pairs, if no id is there twice and an id that is an account is of no other one; else BadKeyPair."""
    found = KeyPairs(pairs)
    ids = [one.id for one in found]
    for one in found:
        if ids.count(one.id) > 1:
            raise BadKeyPair(f"the access key id {one.id} is given twice")
        if is_account(one.id) and one.account not in {"", one.id}:
            raise BadKeyPair(f"the access key id {one.id} is an account itself, it cannot belong to {one.account}")
        if one.account and not is_account(one.account):
            raise BadKeyPair(f"the account of the access key id {one.id} is no account id")
    return found


def read(path: Path) -> KeyPairs:
    """The pairs of a credentials file, in its order: every section that has both members, with its
    ``aws_account_id`` if it says one. Raises BadKeyPair that names the file."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text())
    except OSError as error:
        raise BadKeyPair(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, configparser.Error):  # their messages show lines of the file
        raise BadKeyPair(f"{path} is no credentials file: [names] with lines NAME = VALUE under each") from None
    sections: Iterable[Mapping[str, str]] = (parser[name] for name in parser.sections())
    return checked(
        KeyPair(one["aws_access_key_id"], one["aws_secret_access_key"], one.get("aws_account_id", ""))
        for one in sections
        if "aws_access_key_id" in one and "aws_secret_access_key" in one
    )


def write(path: Path, profiles: Mapping[str, KeyPair]) -> None:
    """Write a credentials file that nobody else may read, all of it or nothing."""
    parser = configparser.RawConfigParser()
    for name, one in profiles.items():
        parser[name] = {"aws_access_key_id": one.id, "aws_secret_access_key": one.secret}
        if one.account:
            parser[name]["aws_account_id"] = one.account
    aside = path.with_name(f"{path.name}.tmp")
    aside.unlink(missing_ok=True)
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        parser.write(file)
    aside.replace(path)
