"""Docker images made from our recipes, and what else is asked of the daemon: is it here, pull it.

An image is made in two builds: the recipe's packages, then our toolkit on top. Both need only the classic builder (the
Docker SDK speaks no BuildKit). The first has two stages: the host's TLS roots and package index settings are copied
into the one that is thrown away. One image is built at a time, for that removal would hit a parallel build too.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tarfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.config import Settings
from emulator.executors import daemon
from emulator.executors.base import ExecutorError, Gone
from emulator.images import toolkit_files
from emulator.images.environments import Progress, cache_folder, fingerprint, locked, packages_key
from emulator.images.errors import ImageError
from emulator.images.index import Index, pip_settings
from emulator.images.recipes import Recipe

if TYPE_CHECKING:
    from docker import APIClient

RECIPES = Path(__file__).parent / "recipes"
LABEL = "sagemaker-emulator.recipe"
STAGE_LABEL = "sagemaker-emulator.stage"
_LAST_LINES = 12
_FAILED = "Build failed: "
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SILENCE = 900  # seconds a build step may say nothing: a large download is quiet


class StandIns:
    """Our images on one Docker daemon, the one the executor uses. Connects at the first question; thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.base_image
        self._lock = threading.Lock()
        self._connected: APIClient | None = None

    @property
    def client(self) -> APIClient:
        """One client for all threads. ``ImageError`` when no daemon answers."""
        with self._lock:
            if self._connected is None:
                with _image_errors():
                    self._connected = daemon.connect(daemon.find() or "unix:///var/run/docker.sock")
                self._connected.timeout = _SILENCE
            return self._connected

    def exists(self, reference: str) -> bool:
        """Whether the daemon has an image under exactly this name."""
        return self._inspect(reference) is not None

    def is_foreign(self, reference: str) -> bool:
        """Whether it has one that is not made by us: our own, tagged with an AWS name, must not hide newer editions."""
        found = self._inspect(reference)
        return found is not None and LABEL not in ((found.get("Config") or {}).get("Labels") or {})

    def made(self, recipe: Recipe) -> str | None:
        """The name of the image of this recipe, if it is here."""
        return next((tag for _, tag in self._candidates(recipe) if self.exists(tag)), None)

    def get(self, recipe: Recipe, progress: Progress) -> tuple[str, str]:
        """Its Python and its name, built now if need be. ``ImageError`` with the build's last lines."""
        found = self._find(recipe)
        if found:
            return found
        with locked(cache_folder(os.environ) / "docker-build.lock"):
            found = self._find(recipe)
            if found:
                return found
            python, packages = self._packages(recipe, progress)
            tag = self._tag(recipe, python)
            self._build(recipe.name, toolkit_context(recipe), packages, tag, progress)
            progress(f"Built {tag}")
            return python, tag

    def pull(self, reference: str, why: str, progress: Progress, advice: str = "") -> None:
        """Pull ``reference``; ``ImageError`` made of ``why``, the daemon's words and ``advice`` when that fails."""
        progress(f"Pulling {reference}")
        name = reference if "@" in reference or ":" in reference.rpartition("/")[2] else f"{reference}:latest"
        try:
            with _image_errors():
                for event in self.client.pull(name, stream=True, decode=True):
                    if "error" in event:
                        raise ImageError(str(event["error"]))
        except ImageError as error:
            raise ImageError(f"{why}, and it could not be pulled: {error}. {advice}".rstrip()) from error

    def _find(self, recipe: Recipe) -> tuple[str, str] | None:
        return next(((python, tag) for python, tag in self._candidates(recipe) if self.exists(tag)), None)

    def _inspect(self, reference: str) -> dict[str, Any] | None:
        try:
            with daemon.errors(f"Docker could not be asked about {reference}"):
                return dict(self.client.inspect_image(reference))  # type: ignore[no-untyped-call]
        except Gone:
            return None
        except ExecutorError as error:
            raise ImageError(str(error)) from error

    def _candidates(self, recipe: Recipe) -> list[tuple[str, str]]:
        return [(python, self._tag(recipe, python)) for python in _pythons(recipe)]

    @staticmethod
    def _tag(recipe: Recipe, python: str) -> str:
        key = fingerprint(recipe, recipe.requirements(python), python)
        return f"sagemaker-emulator/{recipe.framework}:{recipe.version}-py{python}-{key}"

    def _base_image(self, recipe: Recipe, progress: Progress) -> tuple[str, str]:
        """The first base image that is here or can be pulled: the real image's Python, else ours."""
        choices = [(python, self._base.replace("{python}", python)) for python in _pythons(recipe)]
        for python, base in choices:
            if self.exists(base):
                return python, base
        for python, base in choices:
            try:
                self.pull(base, f"There is no local image {base}", progress)
            except ImageError as error:
                progress(str(error))
            else:
                return python, base
        names = " or ".join(base for _, base in choices)
        raise ImageError(
            f"The image for {recipe.name} is built on {names}, which is neither here nor can be pulled. Name another "
            "base image with SAGEMAKER_EMULATOR_BASE_IMAGE (it may contain {python})."
        )

    def _packages(self, recipe: Recipe, progress: Progress) -> tuple[str, str]:
        """Python and name of the image with the recipe's packages, built now if need be."""
        known = [(python, _packages_tag(recipe, python)) for python in _pythons(recipe)]
        found = next(((python, tag) for python, tag in known if self.exists(tag)), None)
        if found:
            return found
        python, base = self._base_image(recipe, progress)
        progress(f"Building the image {recipe.name} on {base} (once)")
        tag = _packages_tag(recipe, python)
        self._build(recipe.name, packages_context(recipe, python), base, tag, progress)
        with _image_errors():
            leftover = {"dangling": True, "label": f"{STAGE_LABEL}=environment"}
            self.client.prune_images(filters=leftover)  # type: ignore[no-untyped-call]
        return python, tag

    def _build(self, name: str, packed: io.BytesIO, base: str, tag: str, progress: Progress) -> None:
        """One build on the daemon. ``ImageError`` with the build's last lines."""
        lines: list[str] = []
        arguments = {"BASE": base, "RECIPE": tag.rpartition("-")[2]}
        with _image_errors(f"The image {name} could not be built"):
            stream = self.client.build(
                fileobj=packed, custom_context=True, tag=tag, buildargs=arguments, rm=True, forcerm=True, decode=True
            )
            for line in _lines(stream):
                lines.append(line)
                progress(line)
        if lines and lines[-1].startswith(_FAILED):
            tail = "\n".join(lines[-_LAST_LINES:])
            raise ImageError(f"The image {name} could not be built:\n{tail}")


def _lines(stream: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The builder's output by lines: it sends fragments, with the colours it gives to stderr. An error comes last."""
    text = ""
    for event in stream:
        if "error" in event:
            yield from filter(None, [text.strip()])
            yield f"{_FAILED}{event['error']}"
            return
        *whole, text = (text + _COLOUR.sub("", str(event.get("stream", "")))).split("\n")
        yield from (line.strip() for line in whole if line.strip())
    yield from filter(None, [text.strip()])


@contextlib.contextmanager
def _image_errors(what: str = "Docker says") -> Iterator[None]:
    """Docker's errors, and the executors', as ours."""
    try:
        with daemon.errors(what):
            yield
    except ExecutorError as error:
        raise ImageError(str(error)) from error


def packages_context(recipe: Recipe, python: str) -> io.BytesIO:
    """The build context of the packages: requirements, and the host's package settings."""
    index = pip_settings(os.environ).reachable()
    return _tar(
        {
            "Dockerfile": (RECIPES / "Dockerfile").read_bytes(),
            "install.sh": (RECIPES / "install.sh").read_bytes(),
            "requirements.txt": "\n".join(recipe.requirements(python).lines).encode() + b"\n",
            "host/arguments": " ".join(f"'{word}'" for word in index.uv_arguments(recipe.indexes)).encode(),
            "host/pip.conf": _pip_conf(index),
            "host/certificates.pem": index.certificates.read_bytes() if index.certificates else b"",
        }
    )


def toolkit_context(recipe: Recipe) -> io.BytesIO:
    """The build context of what comes on top: toolkit, commands, the recipe's variables."""
    files = {
        "Dockerfile": (RECIPES / "Dockerfile.toolkit").read_bytes() + _variables(recipe),
        "install.sh": (RECIPES / "install.sh").read_bytes(),
    }
    files.update({f"site-packages/{name}": content for name, content in toolkit_files.files().items()})
    files.update({f"bin/{name}": toolkit_files.script(name).encode() for name in toolkit_files.COMMANDS})
    return _tar(files)


def _tar(files: Mapping[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o777 if name.startswith("bin/") else 0o644
            tar.addfile(member, io.BytesIO(content))
    packed.seek(0)
    return packed


def _packages_tag(recipe: Recipe, python: str) -> str:
    key = packages_key(recipe, recipe.requirements(python), python)
    return f"sagemaker-emulator/environment:{recipe.name}-py{python}-{key}"


def _variables(recipe: Recipe) -> bytes:
    """ENV lines for the end of the Dockerfile."""
    return "".join(f"ENV {name}={value}\n" for name, value in sorted(recipe.variables.items())).encode()


def _pip_conf(index: Index) -> bytes:
    """pip's settings for the first stage, where pip fetches uv."""
    lines = [f"index-url = {index.url}"] if index.url else []
    if index.extra:
        lines.append(f"extra-index-url = {' '.join(index.extra)}")
    if index.hosts:
        lines.append(f"trusted-host = {' '.join(index.hosts)}")
    return "\n".join(["[global]", *lines, ""]).encode()


def _pythons(recipe: Recipe) -> list[str]:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    return list(dict.fromkeys(python for python in (recipe.preferred_python, own) if python))
