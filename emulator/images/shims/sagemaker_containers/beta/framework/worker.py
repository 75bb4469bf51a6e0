"""What an ``output_fn`` may return."""

from __future__ import annotations


class Response:
    """A body and its content type; the toolkit's server reads ``response`` and ``mimetype``."""

    def __init__(
        self, response: str | bytes, accept: str = "application/json", status: int = 200, mimetype: str | None = None
    ) -> None:
        self.response = response
        self.status = status
        self.mimetype = mimetype or accept
