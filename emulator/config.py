"""Settings: one frozen dataclass, one table, and the one place that reads environment variables and flags.

Every row of :data:`SETTINGS` is a flag of ``sagemaker-emulator serve`` and, in capitals with the prefix
``SAGEMAKER_EMULATOR_``, an environment variable; flags win. ``--help`` and the docs are made from the same rows.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PREFIX = "SAGEMAKER_EMULATOR_"


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


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """``$XDG_DATA_HOME/sagemaker-emulator``, or the same under ``~/.local/share``."""
    base = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".local" / "share"
    return Path(base) / "sagemaker-emulator"


def boolean(text: str) -> bool:
    """``1/true/yes/on`` and ``0/false/no/off``; ``ValueError`` otherwise."""
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError(f"not a yes or no: {text!r}")


SETTINGS = (
    Setting("host", "127.0.0.1", str, "address to listen on"),
    Setting("port", 4577, int, "port of the AWS API (0: a free one)"),
    Setting("proxy_port", 0, int, "port of the HTTPS proxy door (0: a free one)"),
    Setting("data_dir", None, Path, "where state and objects are kept"),
    Setting("executor", "auto", str, "what runs the jobs", ("auto", "docker", "process")),
    Setting("account", "123456789012", str, "AWS account id that owns everything"),
    Setting("region", "us-east-1", str, "region of calls that name none"),
    Setting("hold", True, boolean, "hold Describe calls on unfinished work until it changes (long poll)"),
    Setting("max_jobs", 0, int, "jobs that run at once (0: twice the number of CPUs)"),
    Setting("base_image", "python:{python}-slim", str, "image that framework images are built on"),
    Setting("keep", False, boolean, "keep the working folders of finished jobs, to look at"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, with their defaults filled in. Fields are the rows of :data:`SETTINGS`."""

    host: str = "127.0.0.1"
    port: int = 4577
    proxy_port: int = 0
    data_dir: Path = Path("sagemaker-emulator-data")
    executor: str = "auto"
    account: str = "123456789012"
    region: str = "us-east-1"
    hold: bool = True
    max_jobs: int = 0
    base_image: str = "python:{python}-slim"
    keep: bool = False


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give a parser one flag per setting; unset flags stay ``None`` so that the environment can speak."""
    for setting in SETTINGS:
        default = setting.default if setting.default is not None else "~/.local/share/sagemaker-emulator"
        parser.add_argument(
            setting.flag,
            type=setting.kind,
            choices=setting.choices or None,
            default=None,
            metavar=None if setting.choices else setting.name.upper(),
            help=f"{setting.help} (default: {default}; {setting.variable})",
        )


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags, then environment, then defaults. ``ValueError`` names the variable that does not fit."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {"data_dir": default_data_dir(environ)}
    for setting in SETTINGS:
        given = (flags or {}).get(setting.name)
        if given is None and setting.variable in environ:
            given = _read(setting, environ[setting.variable])
        if given is not None:
            values[setting.name] = given
    values["data_dir"] = Path(values["data_dir"]).expanduser().absolute()
    known = {field.name for field in dataclasses.fields(Settings)}
    return Settings(**{name: value for name, value in values.items() if name in known})


def _read(setting: Setting, text: str) -> Any:
    try:
        value = setting.kind(text)
    except ValueError as error:
        raise ValueError(f"{setting.variable}: {error}") from error
    if setting.choices and value not in setting.choices:
        raise ValueError(f"{setting.variable}: {value!r} is none of {', '.join(setting.choices)}")
    return value
