"""numpy arrays from payloads and back."""

from __future__ import annotations

from typing import Any

from sagemaker_emulator_toolkit import media


def decode(obj: str | bytes, content_type: str) -> Any:
    """A payload as a numpy array."""
    return media.to_array(obj, media.plain(content_type))


def encode(array_like: Any, content_type: str) -> str | bytes:
    """An array in the form asked for; text where the form is text."""
    plain = media.plain(content_type)
    encoded: bytes = media.from_array(array_like, plain)
    return encoded.decode() if plain in media.TEXTS else encoded
