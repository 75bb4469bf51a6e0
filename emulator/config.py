"""Settings: one frozen dataclass, which is the one table, and the one place that reads environment variables and flags.

Every field of :class:`Settings` is a flag of ``sagemaker-emulator serve`` and, in capitals with the prefix
``SAGEMAKER_EMULATOR_``, an environment variable; flags win, and an empty variable is none. ``--help`` is made from the
same fields.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from emulator import credentials
from emulator.arns import ACCOUNT, BUCKET_NAME, REGION
from emulator.credentials import KeyPairs, key_pairs

T = TypeVar("T")
PREFIX = "SAGEMAKER_EMULATOR_"
DATA_DIR = Path("~/.local/share/sagemaker-emulator")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name as a Python attribute, its default, its type and what it means."""

    name: str
    default: Any
    kind: Callable[[str], Any]
    help: str
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """``data_dir`` -> ``--data-dir``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """``data_dir`` -> ``SAGEMAKER_EMULATOR_DATA_DIR``."""
        return PREFIX + self.name.upper()

    @property
    def metavar(self) -> str:
        """What stands for its value in ``--help``."""
        return "yes|no" if self.kind is boolean else self.name.upper()

    @property
    def told(self) -> str:
        """What ``--help`` says of it: what it means, its default if it has one, its variable."""
        shown = ("no", "yes")[self.default] if self.kind is boolean else self.default
        default = "" if self.default in (None, ()) else f"default: {shown}; "
        return f"{self.help} ({default}{self.variable})"


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """``$XDG_DATA_HOME/sagemaker-emulator``, or the same under ``~/.local/share``."""
    base = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".local" / "share"
    return Path(base) / "sagemaker-emulator"


def boolean(text: str) -> bool:
    """``1/true/yes/on`` and ``0/false/no/off``; ``ValueError`` otherwise."""
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"not a yes or no: {text!r}")


def seconds(text: str) -> float:
    """A number of seconds from 0 up; ``ValueError`` otherwise."""
    with suppress(ValueError):
        value = float(text)
        if 0 <= value < float("inf"):
            return value
    raise ValueError(f"not a number of seconds: {text!r}")


def count(text: str) -> int:
    """A whole number from 0 up; ``ValueError`` otherwise."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"not a whole number: {text!r}")
    return int(text)


def port_number(text: str) -> int:
    """A TCP port, 0 included; ``ValueError`` otherwise. The socket layer would take larger ones modulo 65536."""
    with suppress(ValueError):
        value = count(text)
        if value < 1 << 16:
            return value
    raise ValueError(f"not a port (0 to 65535): {text!r}")


def account_id(text: str) -> str:
    """An AWS account; ``ValueError`` otherwise."""
    if not credentials.is_account(text):
        raise ValueError(f"not an account (twelve digits): {text!r}")
    return text


class Folders(tuple[tuple[str, Path], ...]):
    """Pairs of a bucket's name and its folder; as text, what :func:`folders` reads."""

    __slots__ = ()

    def __str__(self) -> str:
        return ",".join(f"{name}={folder}" for name, folder in self)


class BadFolder(argparse.ArgumentTypeError, ValueError):
    """A folder that cannot be shown. Both parents, so that argparse prints this message and not the argument."""


def folders(text: str) -> Folders:
    """``NAME=FOLDER``, several with commas between; :class:`BadFolder` otherwise."""
    found = []
    for one in filter(None, text.split(",")):
        name, _, path = one.partition("=")
        folder = Path(path).expanduser().absolute()
        if not path or not BUCKET_NAME.fullmatch(name):
            raise BadFolder(f"{one!r} is not NAME=FOLDER with a bucket's name (3 to 63 of a-z, 0-9, . and -)")
        if not folder.is_dir():
            raise BadFolder(f"there is no folder {folder} to show as bucket {name}")
        found.append((name, folder))
    return Folders(found)


# argparse names what does not fit by this: "invalid port value: '80000'".
port_number.__name__ = "port"
count.__name__ = "whole number"
seconds.__name__ = "number of seconds"
account_id.__name__ = "account (twelve digits)"
boolean.__name__ = "yes or no"


def setting(default: T, help: str, kind: Callable[[str], T] | None = None, choices: tuple[str, ...] = ()) -> T:
    """A field of :class:`Settings`; ``kind`` reads its text (the type of the default if none is given)."""
    return field(default=default, metadata={"kind": kind or type(default), "help": help, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, with their defaults."""

    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(4577, "port of the AWS API (0: a free one)", port_number)
    proxy_port: int = setting(0, "port of the HTTPS proxy door (0: a free one)", port_number)
    data_dir: Path = setting(DATA_DIR, "where state and objects are kept", Path)  # noqa: RUF009  # it gives a field
    executor: str = setting("auto", "what runs the jobs", choices=("auto", "docker", "process"))
    auth: str = setting("any", "what is checked: nothing (any), or every signature (strict)", choices=("any", "strict"))
    key_pair: KeyPairs = setting(  # noqa: RUF009  # it gives a field
        KeyPairs(), "access keys and their secrets, perhaps of other accounts: ID=SECRET[@ACCOUNT][,...]", key_pairs
    )
    key_file: Path | None = setting(None, "credentials file of AWS's kind that has more of them", Path)  # noqa: RUF009
    account: str = setting(ACCOUNT, "AWS account of the access keys that name no other", account_id)
    region: str = setting(REGION, "region of calls that name none")
    hold: bool = setting(True, "hold Describe calls on unfinished work until it changes (long poll)", boolean)
    max_jobs: int = setting(0, "jobs that run at once (0: twice the number of CPUs)", count)
    base_image: str = setting("python:{python}-slim", "image that framework images are built on")
    pace: float = setting(0.3, "seconds a resource stays in each status it passes through (0: none)", seconds)
    bucket_dir: Folders = setting(  # noqa: RUF009  # it gives a field
        Folders(), "folders to show as read-only buckets: NAME=FOLDER[,NAME=FOLDER...]", folders
    )
    keep: bool = setting(False, "keep the working folders of finished jobs, to look at", boolean)


SETTINGS = tuple(Setting(row.name, row.default, **row.metadata) for row in fields(Settings))


def filled(kind: Callable[[str], T]) -> Callable[[str], T]:
    """``kind`` for a flag: refuses the empty text, a shell's unset variable (as a path it is the current folder)."""

    # argparse names the kind in its messages; what else a class has is of no use on a function.
    @wraps(kind, updated=())
    def read(text: str) -> T:
        if not text:
            raise argparse.ArgumentTypeError("it is empty; give a value, or leave the flag out")
        return kind(text)

    return read


class _Several(argparse.Action):
    """A flag that can be repeated: what the later ones say is added."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, type(values)((*getattr(namespace, self.dest, ()), *values)))


def add_flags(parser: argparse.ArgumentParser, *only: str) -> None:
    """Give a parser one flag per setting, or those of the ``only`` named ones.

    Unset flags leave no trace, so that the environment (or the same flag of an outer parser:
    ``images --data-dir D list`` and ``images list --data-dir D``) can speak.
    """
    for setting in SETTINGS:
        if only and setting.name not in only:
            continue
        parser.add_argument(
            setting.flag,
            action=_Several if isinstance(setting.default, tuple) else "store",
            type=filled(setting.kind),
            choices=setting.choices or None,
            default=argparse.SUPPRESS,
            metavar=None if setting.choices else setting.metavar,
            help=setting.told,
        )


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags, then environment, then defaults. ``ValueError`` names what does not fit."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {"data_dir": default_data_dir(environ)}
    for setting in SETTINGS:
        given = (flags or {}).get(setting.name)
        if given is None and (text := environ.get(setting.variable)):
            given = _read(setting, text)
        if given is not None:
            values[setting.name] = given
    values["data_dir"] = Path(values["data_dir"]).expanduser().absolute()
    given = "--key-file" if (flags or {}).get("key_file") else f"{PREFIX}KEY_FILE"
    try:
        more = credentials.read(values["key_file"]) if "key_file" in values else ()
    except credentials.BadKeyPair as error:
        raise ValueError(f"{given}: {error}") from error
    values["key_pair"] = credentials.checked((*values.get("key_pair", ()), *more))
    return Settings(**values)


def _read(setting: Setting, text: str) -> Any:
    try:
        value = setting.kind(text)
    except ValueError as error:
        raise ValueError(f"{setting.variable}: {error}") from error
    if setting.choices and value not in setting.choices:
        raise ValueError(f"{setting.variable}: {value!r} is none of {', '.join(setting.choices)}")
    return value
