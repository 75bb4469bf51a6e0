"""The one error of this package."""

from __future__ import annotations


class ImageError(Exception):
    """An image cannot be had. The message is fit for a FailureReason: what is missing and what the user can do."""
