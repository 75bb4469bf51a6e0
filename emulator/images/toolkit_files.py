"""The in-container toolkit as files: how it is installed, and the digest that says which edition is inside."""

from __future__ import annotations

import functools
import hashlib
import textwrap
from pathlib import Path

SOURCE = Path(__file__).parent / "toolkit"
SHIMS = Path(__file__).parent / "shims"
PACKAGE = "sagemaker_emulator_toolkit"
COMMANDS = ("train", "serve")

# A shell finds the interpreter beside the script, wherever the environment lies now: it is renamed after it was made.
_SCRIPT = """\
    #!/bin/sh
    '''exec' "$(dirname -- "$(realpath -- "$0")")/python3" -u "$0" "$@"
    ' '''
    import sys
    from {package}.{command} import main
    sys.exit(main())
    """


def files() -> dict[str, bytes]:
    """Every file to put into ``site-packages``, by its path there: the toolkit, and the names of AWS's own packages."""
    found: dict[str, bytes] = {}
    for source, package in ((SOURCE, PACKAGE), (SHIMS, "")):
        for path in sorted(source.rglob("*.py")):
            found[(Path(package) / path.relative_to(source)).as_posix()] = path.read_bytes()
    return found


@functools.cache
def digest() -> str:
    """Changes when the toolkit does: what was made with an older edition is not used."""
    total = hashlib.sha256(_SCRIPT.encode())
    for name, content in files().items():
        total.update(name.encode() + b"\0" + content + b"\0")
    return total.hexdigest()


def script(command: str) -> str:
    """The text of ``bin/train`` or ``bin/serve``."""
    return textwrap.dedent(_SCRIPT).format(package=PACKAGE, command=command)


def install(environment: Path) -> None:
    """Put the toolkit and its commands into a Python environment."""
    (site,) = environment.glob("lib/python3*/site-packages")
    for name, content in files().items():
        target = site / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for command in COMMANDS:
        path = environment / "bin" / command
        path.write_text(script(command))
        path.chmod(0o755)
