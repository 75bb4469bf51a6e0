"""``doctor``: what this machine has for running jobs, and what to do about what is missing."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from emulator import config
from emulator.commands import _servers
from emulator.commands._output import note, say, table

HELP = "say what this machine has for running jobs, and what to do"
DISK_WANTED = 5 << 30
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``state``: ``ok``, ``-`` (missing, and that is fine) or ``!`` (something will not work)."""

    name: str
    state: str
    detail: str
    advice: str = ""


def add(parser: argparse.ArgumentParser) -> None:
    config.add_flags(parser, "host", "port", "data_dir", "executor")


def run(arguments: argparse.Namespace) -> int:
    settings = _servers.settings_of(arguments)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    found = [
        Check("python", "ok", f"{platform.python_version()} at {sys.executable}"),
        libraries(),
        *executors(settings),
        environments(),
        gpu(),
        server(settings),
        disk(settings.data_dir),
    ]
    table(["CHECK", "", "FOUND"], [[check.name, check.state, check.detail] for check in found])
    advice = [check for check in found if check.advice]
    if advice:
        say()
    for check in advice:
        say(f"{check.name}: {check.advice}")
    if any(check.state == "!" for check in found):
        note("something above will not work")
        return 1
    return 0


def executors(settings: config.Settings) -> Iterator[Check]:
    """Each executor's own probe; it is wrong only if none of them can run, or the chosen one cannot."""
    from emulator.executors import describe

    work = settings.data_dir / "work"
    work.mkdir(exist_ok=True)
    findings = describe(work)
    usable = {finding.name for finding in findings if finding.usable}
    for finding in findings:
        wanted = settings.executor == finding.name or not usable
        state = "ok" if finding.usable else ("!" if wanted else "-")
        yield Check(finding.name, state, finding.detail, "" if finding.usable else finding.advice)
    if settings.executor == "auto":
        chosen = next((name for name in ("docker", "process") if name in usable), "none")
        yield Check("executor", "ok" if usable else "!", f"auto chooses {chosen}")


def libraries() -> Check:
    """The library whose age matters: AWS's operations are what botocore knows."""
    from emulator.aws import model

    why = model.too_old()
    return Check("botocore", "!" if why else "ok", version("botocore"), why)


def environments() -> Check:
    """The Python environments the process executor has made so far."""
    from emulator.images.environments import cache_folder

    folder = cache_folder(os.environ) / "environments"
    made = [path for path in folder.glob("[!.]*") if path.is_dir()]  # dotted: locks, and what is being made
    if shutil.which("uv") is None and not (Path(sys.executable).parent / "uv").exists():
        return Check("environments", "!", f"uv is missing ({len(made)} made in {folder})", "pip install uv")
    return Check("environments", "ok", f"{len(made)} made in {folder}")


def gpu() -> Check:
    """NVIDIA's own tool says whether there is a GPU that could be used."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("gpu", "-", "no nvidia-smi: GPU instance types run on the CPU")
    try:
        done = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return Check("gpu", "-", "nvidia-smi does not answer")
    lines = [line.split(" (UUID")[0] for line in done.stdout.splitlines() if line.startswith("GPU ")]
    return Check("gpu", "ok" if lines else "-", "; ".join(lines) or "nvidia-smi finds none")


def server(settings: config.Settings) -> Check:
    """The server of this data folder, or whether one could listen."""
    from emulator.server import ListenError, bind

    health = _servers.find(settings.data_dir)
    if health is not None:
        return Check("server", "ok", f"runs at {health['url']} (pid {health['pid']})")
    try:
        bind(settings.host, settings.port).close()
    except ListenError as error:
        return Check(
            "server", "!", str(error), "another program has the port: use --port N, or --port 0 for a free one"
        )
    return Check("server", "ok", f"not running; port {settings.port} is free")


def disk(folder: Path) -> Check:
    """Free space where objects, environments and jobs' working folders go."""
    free = shutil.disk_usage(folder).free
    detail = f"{free / GIB:.1f} GB free for {folder}"
    if free < DISK_WANTED:
        return Check("disk", "!", detail, "environments and objects need space: give another --data-dir, or free some")
    return Check("disk", "ok", detail)
