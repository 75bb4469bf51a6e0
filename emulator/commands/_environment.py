"""The environment in which AWS is this machine: what ``run`` gives its command and ``env`` prints.

Only what is needed is set, and a user's own choices stay, except where they would lead past the emulator: the entries
of ``NO_PROXY`` that touch AWS hosts are left out, and ``AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`` is switched off.
Dummy credentials come from the environment, the first place clients look, so that real ones in ``~/.aws`` stay unread;
for a server that checks signatures, a pair it takes.
"""

from __future__ import annotations

import configparser
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.commands._servers import key_pairs
from emulator.credentials import KeyPairs
from emulator.proxy.authority import write_bundle
from emulator.proxy.hosts import without_aws

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
OPT_OUT = "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"
"""The SDK's telemetry waits without a time-out for an AWS host (sagemaker 2.257, telemetry_logging.py)."""


def changes(health: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """The variables to set on top of ``environ`` for a server with this health."""
    certificates = Path(health["data_dir"]) / "ca"
    found = {
        "AWS_ENDPOINT_URL": health["url"],
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NODE_EXTRA_CA_CERTS": str(certificates / "ca.pem"),
        **dict.fromkeys(BUNDLES, str(_bundle(certificates, environ))),
        **_proxies(health["proxy"], environ),
        **_credentials(key_pairs(health), environ),
        **_region(health["region"], environ),
    }
    if not _site_configuration(environ):
        opt_out = certificates.parent / "sdk-config.yaml"
        opt_out.write_text(OPT_OUT)
        found["SAGEMAKER_ADMIN_CONFIG_OVERRIDE"] = str(opt_out)
    return found


def _proxies(proxy: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Both spellings: curl reads ``http_proxy`` in lower case only, others prefer one or the other."""
    kept = without_aws(environ.get("no_proxy") or environ.get("NO_PROXY") or "")
    names = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": ",".join(dict.fromkeys([*LOOPBACK, *kept]))}
    return names | {name.upper(): value for name, value in names.items()}


def _bundle(certificates: Path, environ: Mapping[str, str]) -> Path:
    """The server's bundle, or one with the user's own roots added."""
    given = sorted({environ[name] for name in BUNDLES if environ.get(name)})
    own = [Path(name) for name in given if Path(name).is_file() and Path(name).parent != certificates]
    if not own:
        return certificates / "bundle.pem"
    digest = hashlib.sha256("\0".join(map(str, own)).encode()).hexdigest()[:12]
    path = certificates / f"bundle-{digest}.pem"
    write_bundle(path, [certificates / "ca.pem", *own])
    return path


def _credentials(pairs: KeyPairs, environ: Mapping[str, str]) -> dict[str, str]:
    """The user's own credentials stay, unless the server would refuse them."""
    given = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not pairs:
        return {} if given[0] else {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "emulator"}
    if given in {(one.id, one.secret) for one in pairs}:
        return {}
    session = {"AWS_SESSION_TOKEN": ""} if environ.get("AWS_SESSION_TOKEN") else {}
    return {"AWS_ACCESS_KEY_ID": pairs[0].id, "AWS_SECRET_ACCESS_KEY": pairs[0].secret, **session}


def _region(region: str, environ: Mapping[str, str]) -> dict[str, str]:
    known = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or _configured_region(environ)
    # boto3 reads only AWS_DEFAULT_REGION, other SDKs only AWS_REGION.
    return {name: known or region for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if not environ.get(name)}


def _configured_region(environ: Mapping[str, str]) -> str:
    """The region of the user's profile in ``~/.aws/config``, as the script would find it on its own."""
    home = Path(environ.get("HOME", "/nonexistent"))
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    parser = configparser.RawConfigParser()
    try:
        parser.read(environ.get("AWS_CONFIG_FILE") or home / ".aws" / "config")
    except (configparser.Error, UnicodeDecodeError):
        return ""
    section = "default" if profile == "default" else f"profile {profile}"
    return parser.get(section, "region", fallback="")


def _site_configuration(environ: Mapping[str, str]) -> bool:
    """Whether the SDK's administrator's configuration is in use already; ours must not shadow it."""
    if environ.get("SAGEMAKER_ADMIN_CONFIG_OVERRIDE"):
        return True
    folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    return (Path(folders[0]) / "sagemaker" / "config.yaml").is_file()
