"""Where packages come from, as this machine's user has set it up for pip: indexes, wheel folders, private TLS roots.

uv reads none of pip's settings, and a Docker build sees neither. People behind a company proxy have set up pip; what
works for them there must work here. Read: ``PIP_*`` variables, then pip's configuration files (the ``[global]`` and
``[install]`` sections), as in pip.pypa.io/en/stable/topics/configuration. ``UV_*`` variables reach uv by themselves.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_KEYS = ("index-url", "extra-index-url", "find-links", "cert", "trusted-host")


@dataclass(frozen=True, slots=True)
class Index:
    """What pip is set to use. ``certificates`` is a file with the TLS roots to trust, ``None`` for the usual ones."""

    url: str = ""
    extra: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    certificates: Path | None = None

    def uv_arguments(self, more: tuple[str, ...] = ()) -> list[str]:
        """Arguments for ``uv pip install``; ``more`` are further indexes. With several, uv picks as pip does."""
        arguments = ["--index-url", self.url] if self.url else []
        for url in (*self.extra, *more):
            arguments += ["--extra-index-url", url]
        for link in self.links:
            arguments += ["--find-links", link]
        for host in self.hosts:
            arguments += ["--allow-insecure-host", host]
        return [*arguments, "--index-strategy", "unsafe-best-match"] if self.extra or more else arguments

    def reachable(self) -> Index:
        """Without what exists on this machine only (``file:`` URLs and folders): what a container can use."""
        remote = tuple(url for url in self.extra if url.startswith("http"))
        links = tuple(url for url in self.links if url.startswith("http"))
        return Index(self.url if self.url.startswith("http") else "", remote, links, self.hosts, self.certificates)


def pip_settings(environ: Mapping[str, str]) -> Index:
    """The settings of pip for the user we run as."""
    values = _configured(environ)
    for key in _KEYS:
        variable = environ.get("PIP_" + key.replace("-", "_").upper())
        if variable:
            values[key] = variable
    certificates = values.get("cert") or environ.get("SSL_CERT_FILE") or environ.get("REQUESTS_CA_BUNDLE")
    path = Path(certificates).expanduser() if certificates else None
    return Index(
        values.get("index-url", ""),
        tuple(values.get("extra-index-url", "").split()),
        tuple(values.get("find-links", "").split()),
        tuple(values.get("trusted-host", "").split()),
        path if path and path.is_file() else None,
    )


def _configured(environ: Mapping[str, str]) -> dict[str, str]:
    """Site, then user, then ``PIP_CONFIG_FILE``: later ones win."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    parser = configparser.ConfigParser(interpolation=None)
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip/pip.conf", config / "pip/pip.conf"]
    own = environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return {}
    parser.read([*files, Path(own)] if own else files)
    values: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            values.update({key: value for key, value in parser[section].items() if key in _KEYS})
    return values
