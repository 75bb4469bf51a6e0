"""Docker images made from our recipes, and what else is asked of the daemon: is it here, pull it.

The Dockerfile needs only the classic builder (the Docker SDK speaks no BuildKit). It has two stages: the host's TLS
roots and package index settings are copied into the first only, so the image that stays holds nothing of them. One
image is built at a time: the leftover first stage is removed after each build, and a parallel build may need it.
"""

from __future__ import annotations

import io
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import docker
import docker.errors

from emulator.config import Settings
from emulator.images import toolkit_files
from emulator.images.environments import Progress, cache_folder, fingerprint, locked
from emulator.images.errors import ImageError
from emulator.images.index import Index, pip_settings
from emulator.images.recipes import Recipe

RECIPES = Path(__file__).parent / "recipes"
LABEL = "sagemaker-emulator.recipe"
STAGE_LABEL = "sagemaker-emulator.stage"
_LAST_LINES = 12


class StandIns:
    """Our images on one Docker daemon. The client is made at the first question; it connects lazily."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.base_image
        self._client: Any = None

    @property
    def client(self) -> Any:
        """The daemon the environment names (``DOCKER_HOST``); one client for all threads, as docker-py allows."""
        if self._client is None:
            try:
                self._client = docker.from_env(timeout=600)
            except docker.errors.DockerException as error:
                raise ImageError(f"No Docker daemon answers: {error}") from error
        return self._client

    def exists(self, reference: str) -> bool:
        """Whether the daemon has an image under exactly this name."""
        return self._inspect(reference) is not None

    def is_foreign(self, reference: str) -> bool:
        """Whether it has one that is not made by us: our own, tagged with an AWS name, must not hide newer editions."""
        found = self._inspect(reference)
        return found is not None and LABEL not in (found.labels or {})

    def made(self, recipe: Recipe) -> str | None:
        """The name of the image of this recipe, if it is here."""
        return next((tag for _, tag in self._candidates(recipe) if self.exists(tag)), None)

    def get(self, recipe: Recipe, progress: Progress) -> tuple[str, str]:
        """Its Python and its name, built now if need be. ``ImageError`` with the build's last lines."""
        with locked(cache_folder(os.environ) / "docker-build.lock"):
            for python, tag in self._candidates(recipe):
                if self.exists(tag):
                    return python, tag
            python, base = self._base_image(recipe, progress)
            tag = self._tag(recipe, python)
            progress(f"Building the image {recipe.name} on {base} (once)")
            self._build(recipe, python, base, tag, progress)
            progress(f"Built {tag}")
            return python, tag

    def pull(self, reference: str, why: str, progress: Progress, advice: str = "") -> None:
        """Pull ``reference``; ``ImageError`` made of ``why``, the daemon's words and ``advice`` when that fails."""
        progress(f"Pulling {reference}")
        try:
            self.client.images.pull(reference if "@" in reference or _tagged(reference) else f"{reference}:latest")
        except docker.errors.DockerException as error:
            reason = getattr(error, "explanation", None) or str(error)
            raise ImageError(f"{why}, and it could not be pulled: {reason}. {advice}".rstrip()) from error

    def _inspect(self, reference: str) -> Any:
        try:
            return self.client.images.get(reference)
        except docker.errors.ImageNotFound:
            return None
        except docker.errors.DockerException as error:
            raise ImageError(f"Docker could not be asked about {reference}: {error}") from error

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

    def _build(self, recipe: Recipe, python: str, base: str, tag: str, progress: Progress) -> None:
        lines: list[str] = []
        arguments = {"BASE": base, "RECIPE": tag.rpartition("-")[2]}
        try:
            stream = self.client.api.build(
                fileobj=context(recipe, python), custom_context=True, tag=tag, buildargs=arguments, rm=True,
                forcerm=True, decode=True,
            )  # fmt: skip
            for event in stream:
                for line in str(event.get("stream") or event.get("error") or "").splitlines():
                    if line.strip():
                        lines.append(line.rstrip())
                        progress(lines[-1])
                if "error" in event:
                    tail = "\n".join(lines[-_LAST_LINES:])
                    raise ImageError(f"The image {recipe.name} could not be built:\n{tail}")
            self.client.images.prune(filters={"dangling": True, "label": f"{STAGE_LABEL}=environment"})
        except docker.errors.DockerException as error:
            raise ImageError(f"The image {recipe.name} could not be built: {error}") from error


def context(recipe: Recipe, python: str) -> io.BytesIO:
    """The build context as a tar: Dockerfile, requirements, toolkit, and the host's package settings."""
    index = pip_settings(os.environ).reachable()
    files: dict[str, bytes] = {
        "Dockerfile": (RECIPES / "Dockerfile").read_bytes() + _variables(recipe),
        "install.sh": (RECIPES / "install.sh").read_bytes(),
        "requirements.txt": "\n".join(recipe.requirements(python).lines).encode() + b"\n",
        "host/arguments": " ".join(f"'{word}'" for word in index.uv_arguments(recipe.indexes)).encode(),
        "host/pip.conf": _pip_conf(index),
        "host/certificates.pem": index.certificates.read_bytes() if index.certificates else b"",
    }
    files.update({f"toolkit/{name}": content for name, content in toolkit_files.files().items()})
    files.update({f"bin/{name}": toolkit_files.script(name).encode() for name in toolkit_files.COMMANDS})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o755 if name.startswith("bin/") else 0o644
            tar.addfile(member, io.BytesIO(content))
    packed.seek(0)
    return packed


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
    return list(dict.fromkeys(python for python in (recipe.python, own) if python))


def _tagged(reference: str) -> bool:
    return ":" in reference.rpartition("/")[2]
