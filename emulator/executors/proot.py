"""Where namespaces are refused (a default Docker container, some hardened machines): the same view by proot, which
rewrites the paths of every system call. Slower by a factor of 1.2 to 2.4, needs no rights, and is only taken
if the program is installed (``apt-get install proot``).

A makeshift: system calls that are younger than it see the machine's own paths (Debian's 5.1 knows neither statx nor
renameat2: Python is fine, ``ls`` and ``mv`` are not). The host name is the machine's, though the spec's resolves.

What else it cannot do is made up for or refused: mounts are never read-only, so the job gets a copy (its inputs may be
hard links into our store); no copy-on-write environment, so pip is pointed elsewhere; no network isolation: an error.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from emulator.executors.base import ExecutorError

SITE = "/tmp/site-packages"
# proot waits for whatever the job leaves running, and says 255 of a signal's victim. So a shell tells the sandbox how
# the job ended, on the descriptor where it expects that. Signals come to both.
SHELL = 'trap : TERM INT HUP USR2; "$@" 9>&-; echo $? >&9'


def program() -> str | None:
    """Where proot is, if it is."""
    return shutil.which("proot")


def wrap(order: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The sandbox's order for the same job under proot; ``folder`` is the container's own, for the copies."""
    if order["isolated"]:
        raise ExecutorError("network isolation needs namespaces, which this machine refuses: use Docker")
    binds = [(order["tmp"], "/tmp"), *((path, path) for path in order["keep"]), (order["hosts"], "/etc/hosts")]
    for number, (source, target, read_only) in enumerate(order["binds"]):
        own = folder / f"copy-{number}"
        if read_only:
            shutil.copytree(source, own, symlinks=True)
        binds.append((str(own) if read_only else source, target))
    options = [word for source, target in binds for word in ("-b", f"{source}:{target}")]
    pip = {"PIP_TARGET": SITE, "PYTHONPATH": SITE, "PROOT_TMP_DIR": str(folder / "scratch")}
    argv = [str(program()), *options, "-v", "-1", "-w", "/", "sh", "-c", SHELL, "sh", *order["argv"]]
    return {**order, "plain": True, "argv": argv, "environment": {**pip, **order["environment"]}}
