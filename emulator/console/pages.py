"""The Flask application behind ``/_emulator``: a status page and the admin API.

A page of another site, open in the user's browser, can send requests to 127.0.0.1 as well. Whatever changes state is
therefore refused when the browser says that it comes from elsewhere (``Origin``, ``Sec-Fetch-Site``).
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, jsonify, render_template, request

from emulator.console import PREFIX, Admin
from emulator.console.faults import add_routes


def make_pages(admin: Admin) -> Flask:
    """The application; every route begins with ``/_emulator``."""
    pages = Blueprint("console", __name__, url_prefix=PREFIX, template_folder="templates")

    @pages.before_request
    def refuse_other_sites() -> None:
        origin = request.headers.get("Origin")
        foreign = origin is not None and urlsplit(origin).netloc != request.host
        if request.method not in {"GET", "HEAD"} and (foreign or request.headers.get("Sec-Fetch-Site") == "cross-site"):
            abort(403)

    @pages.get("/")
    def status() -> str:
        return render_template("status.html", health=admin.health(), counts=counts(admin))

    @pages.get("/state")
    def state() -> Response:
        return jsonify({**admin.health(), "records": counts(admin)})

    @pages.post("/reset")
    def reset() -> Response:
        admin.reset()
        return jsonify({"status": "ok"})

    add_routes(pages, admin.faults)
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(pages)
    return app


def counts(admin: Admin) -> list[dict[str, Any]]:
    """How many records there are of each kind and status."""
    found = Counter((stored.kind, stored.status) for stored in admin.services().store.records.every())
    return [{"kind": kind, "status": status, "count": n} for (kind, status), n in sorted(found.items())]
