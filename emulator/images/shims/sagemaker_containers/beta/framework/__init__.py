"""``encoders``, ``content_types`` and ``worker``: what example scripts use in ``input_fn`` and ``output_fn``."""

from . import content_types, encoders, worker

__all__ = ["content_types", "encoders", "worker"]
