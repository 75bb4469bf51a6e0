"""An image URI taken apart: registry, repository, tag, digest.

The catalogue looks at repository and tag only: the registry's account differs by framework *and* region
(SDK v2, image_uris), so it says nothing about what is inside. A URI without tag or digest means ``latest``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")


@dataclass(frozen=True, slots=True)
class ImageUri:
    """``registry`` is ``""`` for Docker Hub's short names, ``digest`` is ``""`` or ``sha256:…``."""

    text: str
    registry: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def short(self) -> str:
        """``repository:tag``, the same in every account and region."""
        return f"{self.repository}:{self.tag}"

    @property
    def is_ecr(self) -> bool:
        """Whether the registry is a private one of AWS, which asks for a login."""
        return _ECR.fullmatch(self.registry) is not None

    @property
    def account(self) -> str:
        """The AWS account of an ECR registry, else ``""``."""
        match = _ECR.fullmatch(self.registry)
        return match["account"] if match else ""

    @property
    def region(self) -> str:
        """The AWS region of an ECR registry, else ``""``."""
        match = _ECR.fullmatch(self.registry)
        return match["region"] if match else ""


def parse(text: str) -> ImageUri:
    """``host[:port]/repository[:tag][@digest]``, by Docker's rule: the first part is a host if it has a dot or colon.

    ``ValueError`` for a text that names no repository.
    """
    name, _, digest = text.strip().partition("@")
    head, slash, rest = name.partition("/")
    is_host = bool(slash) and (any(mark in head for mark in ".:") or head == "localhost")
    registry, path = (head, rest) if is_host else ("", name)
    repository, _, tag = path.partition(":")
    if not repository or repository.startswith("/") or repository.endswith("/") or ":" in tag:
        raise ValueError(f"not an image URI: {text!r}")
    return ImageUri(text.strip(), registry, repository, tag or "latest", digest)
