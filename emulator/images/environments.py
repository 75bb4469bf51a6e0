"""Python environments for the process executor: one per recipe, Python and toolkit edition, made by uv on first use.

They lie in a cache shared by all servers of a user (``$XDG_CACHE_HOME/sagemaker-emulator/environments``), never in a
data folder: they hold nothing of anyone's work and take 5 s and 300 MB each. An environment is made in a folder
aside and renamed, so that there is a whole one or none; a lock file lets parallel callers, threads or processes,
wait for the first. ``uv venv --relocatable`` keeps scripts valid across the rename.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import uv

from emulator.images import toolkit_files
from emulator.images.errors import ImageError
from emulator.images.index import pip_settings
from emulator.images.recipes import Recipe, Requirements

Progress = Callable[[str], None]
_FORMAT = "1"  # raise it when environments or images are made differently from the same packages
_LAST_LINES = 12
_TOLD = ("Resolved ", "Downloading ", "Building ", "Prepared ", "Installed ")
"""How uv's lines begin that tell how far it is; the others list every package, or advise what is not the user's."""


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """``$XDG_CACHE_HOME/sagemaker-emulator``, or the same under ``~/.cache``."""
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "~").expanduser() / ".cache"
    return Path(base) / "sagemaker-emulator"


class Environments:
    """The folder of environments. Thread- and process-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, recipe: Recipe) -> Path:
        """Where the environment of this recipe is or will be."""
        python = python_for(recipe.preferred_python)[1]
        key = fingerprint(recipe, recipe.requirements(python), python)
        return self._folder / f"{recipe.name}-py{python}-{key}"

    def get(self, recipe: Recipe, progress: Progress) -> Path:
        """The environment, made now if need be. ``ImageError`` when uv fails, with its last lines."""
        path = self.path(recipe)
        if path.is_dir():
            return path
        with locked(self._folder / ".locks" / path.name):
            if not path.is_dir():
                self._make(recipe, path, progress)
        return path

    def _make(self, recipe: Recipe, path: Path, progress: Progress) -> None:
        interpreter, python = python_for(recipe.preferred_python)
        requirements = recipe.requirements(python)
        progress(f"Making the Python environment {recipe.name} for Python {python} (once)")
        aside = Path(tempfile.mkdtemp(dir=self._folder, prefix=f".{path.name}-"))
        try:
            _uv(["venv", "--seed", "--relocatable", "--allow-existing", "--python", interpreter, str(aside)], progress)
            indexes = pip_settings(os.environ).uv_arguments(recipe.indexes)
            target = ["--python", str(aside / "bin" / "python3"), "--compile-bytecode"]
            _uv(["pip", "install", *target, *indexes, *requirements.lines], progress)
            toolkit_files.install(aside)
            aside.chmod(0o755)
            aside.rename(path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        progress(f"Made the Python environment {recipe.name}")


def fingerprint(recipe: Recipe, requirements: Requirements, python: str) -> str:
    """Twelve letters that change when anything inside the environment or image would."""
    variables = [f"{name}={value}" for name, value in sorted(recipe.variables.items())]
    return digest(packages_key(recipe, requirements, python), toolkit_files.digest(), *variables)


def packages_key(recipe: Recipe, requirements: Requirements, python: str) -> str:
    """The same without what is ours: changes with the packages only."""
    return digest(_FORMAT, python, *requirements.lines, *recipe.indexes)


def digest(*parts: str) -> str:
    """Twelve letters for a list of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@functools.cache
def python_for(wanted: str) -> tuple[str, str]:
    """Interpreter and ``"3.x"`` for a recipe: the wanted one if this machine has it, else the one we run on.

    Nothing is ever downloaded: a second Python is the user's decision (``uv python install 3.9``).
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not wanted or wanted == own:
        return sys.executable, own
    command = [uv.find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", "--system", wanted]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    return (found.stdout.strip(), wanted) if found.returncode == 0 else (sys.executable, own)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, against threads and other processes; the kernel drops it if we die."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _uv(arguments: list[str], progress: Progress) -> None:
    environ = {**os.environ, "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    certificates = pip_settings(os.environ).certificates
    if certificates:
        environ["SSL_CERT_FILE"] = str(certificates)
    environ.pop("VIRTUAL_ENV", None)
    command = [uv.find_uv_bin(), *arguments]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if lines[-1].lstrip().startswith(_TOLD):
                progress(lines[-1].strip())
    if process.returncode:
        tail = "\n".join(lines[-_LAST_LINES:])
        raise ImageError(f"The Python environment could not be made (uv {arguments[0]} failed):\n{tail}")
