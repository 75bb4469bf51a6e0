"""From an image URI to something an executor can run: :class:`Images`, the one door of this package.

Asked in this order: the user's own mapping, a local Docker image of exactly that name, our catalogue
(made on first use), and last a pull. The process executor has no Docker to ask, so it knows the first and the third.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from emulator.config import Settings
from emulator.executors.base import Image
from emulator.images.environments import Environments, cache_folder, python_for
from emulator.images.errors import ImageError
from emulator.images.mapping import Mapping
from emulator.images.recipes import Recipe, recipe_for
from emulator.images.recipes.frameworks import SKLEARN, XGBOOST
from emulator.images.stand_ins import StandIns
from emulator.images.uri import ImageUri, parse

__all__ = ["Entry", "ImageError", "Images"]

Progress = Callable[[str], None]
PLAIN = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "UTF-8", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of ``images list``: ``local`` is the image or folder that would run, ``""`` while it is not made."""

    uri: str
    origin: str
    local: str


def silent(line: str) -> None:
    """The progress callback of those who want none."""


class Images:
    """Resolves image URIs for one executor (``"docker"`` or ``"process"``). Thread-safe."""

    def __init__(self, settings: Settings, data_dir: Path, executor_name: str) -> None:
        self._docker = StandIns(settings) if executor_name == "docker" else None
        self._environments = Environments(cache_folder(os.environ) / "environments")
        self._mapping = Mapping(data_dir / "images.json")

    def resolve(self, uri: str, progress: Progress = silent) -> Image:
        """What to run for ``uri``, made or pulled now if need be; ``progress`` gets lines fit for the job's log.

        Raises :class:`ImageError` with advice. May take minutes the first time.
        """
        image = self._parse(uri)
        local = self._mapping.find(image)
        if local is not None:
            return self._mapped(image, local, progress)
        if self._docker and self._docker.is_foreign(image.text):
            return Image(uri, image.text)
        recipe = recipe_for(image)
        if recipe is None or (recipe.on_request and not self._is_made(recipe)):
            return self._elsewhere(image, recipe, progress)
        return self._made(image, recipe, progress)

    def build(self, uri: str, progress: Progress = silent) -> Image:
        """Make the catalogue's image or environment for ``uri`` now, also one that is made on request only."""
        image = self._parse(uri)
        recipe = recipe_for(image)
        if recipe is None:
            raise ImageError(f"There is no recipe for {uri}. {self._advice(image)}")
        return self._made(image, recipe, progress)

    def add(self, uri: str, local: str) -> None:
        """Let ``uri`` (or ``repository:tag``, or ``repository``) mean a local image, or the path of an environment."""
        self._parse(uri)
        self._mapping.set(uri, local)

    def remove(self, uri: str) -> bool:
        """Forget what the user mapped; false when there was no such entry."""
        return self._mapping.remove(uri)

    def list(self) -> list[Entry]:
        """The user's entries, then the catalogue's by ``repository:tag``."""
        entries = [Entry(uri, "mapped", local) for uri, local in self._mapping.all().items()]
        for short in _known():
            recipe = recipe_for(parse(short))
            if recipe is not None:
                entries.append(Entry(short, "catalogue", self._name(recipe) if self._is_made(recipe) else ""))
        return entries

    def _made(self, image: ImageUri, recipe: Recipe, progress: Progress) -> Image:
        try:
            return self._make(image, recipe, progress)
        except ImageError as error:
            raise ImageError(_guessed(image) + str(error)) from error

    def _make(self, image: ImageUri, recipe: Recipe, progress: Progress) -> Image:
        variables = {**PLAIN, **recipe.variables}
        if self._docker:
            python, reference = self._docker.get(recipe, progress)
            made = Image(image.text, reference, command=("python3",), variables=variables)
        else:
            python = python_for(recipe.preferred_python)[1]
            path = self._environments.get(recipe, progress)
            made = Image(image.text, path.name, path, command=("python3",), variables=variables)
        differences = recipe.requirements(python).differences
        if not differences:
            return made
        note = f"Warning: {image.short} runs here with {', '.join(differences)}"
        progress(note)
        return replace(made, notes=(note,))

    def _mapped(self, image: ImageUri, local: str, progress: Progress) -> Image:
        if self._docker:
            if not self._docker.exists(local):
                self._docker.pull(local, f"{image.text} is mapped to {local}, which is not here", progress)
            return Image(image.text, local)
        path = Path(local).expanduser()
        if not (path / "bin" / "python3").exists():
            raise ImageError(
                f"{image.text} is mapped to {local}. Without Docker an image must be mapped to the folder of a Python "
                f"environment (with bin/python3): sagemaker-emulator images add {image.text}=/path/to/venv"
            )
        return Image(image.text, path.name, path, command=("python3",), variables=PLAIN)

    def _elsewhere(self, image: ImageUri, recipe: Recipe | None, progress: Progress) -> Image:
        """An image that is not ours to make: pull it, or say what to do."""
        advice = self._advice(image)
        if recipe is not None:
            advice = f"Make a stand-in with: sagemaker-emulator images build {image.text} - {advice}"
        if self._docker is None:
            raise ImageError(f"The image {image.text} needs Docker, and jobs run as processes here. {advice}")
        self._docker.pull(image.text, f"There is no local image {image.text}", progress, advice)
        return Image(image.text, image.text)

    def _advice(self, image: ImageUri) -> str:
        if self._docker is None:
            return (
                f"Start Docker, or map it to a Python environment: "
                f"sagemaker-emulator images add {image.text}=/path/to/venv"
            )
        advice = (
            f"Build it or tag one (docker tag LOCAL {image.text}), or map it: "
            f"sagemaker-emulator images add {image.short}=LOCAL"
        )
        if image.is_ecr:
            login = f"aws ecr get-login-password --region {image.region} | docker login --username AWS --password-stdin"
            advice += f". To pull it from AWS, log in first: {login} {image.registry}"
        return advice

    def _is_made(self, recipe: Recipe) -> bool:
        if self._docker:
            return self._docker.made(recipe) is not None
        return self._environments.path(recipe).is_dir()

    def _name(self, recipe: Recipe) -> str:
        if self._docker:
            return self._docker.made(recipe) or ""
        return str(self._environments.path(recipe))

    @staticmethod
    def _parse(uri: str) -> ImageUri:
        try:
            return parse(uri)
        except ValueError as error:
            raise ImageError(str(error)) from error


def _guessed(image: ImageUri) -> str:
    """What to know when an image cannot be made whose tag the catalogue does not know: ``""`` if it does."""
    tags = [short.partition(":")[2] for short in _known() if short.startswith(f"{image.repository}:")]
    if not tags or any(tag == image.tag or tag.startswith(f"{image.tag}-") for tag in tags):
        return ""
    return (
        f"The catalogue knows {image.repository} with the tags {', '.join(tags)}; what is in {image.tag} is a guess. "
    )


def _known() -> list[str]:
    """The tags the catalogue knows by heart, as ``repository:tag``."""
    known = [f"sagemaker-scikit-learn:{tag}-cpu-py3" for tag in SKLEARN]
    known += [f"sagemaker-xgboost:{tag}" for tag in XGBOOST]
    return [
        *known,
        "sagemaker-base-python-310:1.0",
        "pytorch-training:2.5-cpu-py311",
        "tensorflow-training:2.16-cpu-py310",
    ]
