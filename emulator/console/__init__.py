"""Everything under ``/_emulator``: health, the admin API and the pages. AWS calls never come here.

``/_emulator/health`` is answered without Flask, so that the first answer comes at once and a server that only serves
AWS calls never pays for Flask's import; the rest lives in :mod:`emulator.console.pages`, imported on first use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from emulator.faults import Faults
    from emulator.services import Services

PREFIX = "/_emulator"


@dataclass(frozen=True, slots=True)
class Admin:
    """What the console may do: ask how the server is, look at the state through ``services()``, forget it all,
    arm ``faults``, run the ``lifecycle`` rules of buckets as of a moment."""

    health: Callable[[], dict[str, Any]]
    services: Callable[[], Services]
    reset: Callable[[], None]
    faults: Faults
    lifecycle: Callable[[float], dict[str, int]] = lambda at: {}


def is_console(environ: dict[str, Any]) -> bool:
    """Whether a request is ours. An S3 key may well begin so; on AWS's own host names it is S3's."""
    path = environ["PATH_INFO"]
    if not (path == PREFIX or path.startswith(PREFIX + "/")):
        return False
    return ".amazonaws.com" not in environ.get("HTTP_HOST", "")


class Console:
    """WSGI application for ``/_emulator``."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._pages: Any = None
        self._making = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PREFIX + "/health":
            body = orjson.dumps(self._admin.health())
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        with self._making:
            if self._pages is None:
                from emulator.console.pages import make_pages

                self._pages = make_pages(self._admin)
        pages: Iterable[bytes] = self._pages(environ, start_response)
        return pages
