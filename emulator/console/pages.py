"""The Flask application behind ``/_emulator``: a status page and the admin API.

A page of another site, open in the user's browser, can send requests to 127.0.0.1 as well. Whatever changes state is
therefore refused when the browser says that it comes from elsewhere (``Origin``, ``Sec-Fetch-Site``).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, jsonify, render_template, request

from emulator.console import PREFIX, Admin, lifecycle
from emulator.console.faults import add_routes
from emulator.store import Stored

WORK = {"TrainingJob", "ProcessingJob", "TransformJob", "PipelineExecution"}
UNFINISHED = {"InProgress", "Executing", "Pending", "Stopping"}
INTERNAL = {"PipelineExecutionToken"}
"""Kinds of records that no API shows."""
RECENT = 20


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
        return render_template("status.html", health=admin.health(), counts=counts(admin), work=recent(admin))

    @pages.get("/state")
    def state() -> Response:
        return jsonify({**admin.health(), "records": counts(admin), "work": recent(admin)})

    @pages.post("/reset")
    def reset() -> Response:
        admin.reset()
        return jsonify({"status": "ok"})

    add_routes(pages, admin.faults)
    lifecycle.add_routes(pages, admin.lifecycle)
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(pages)
    return app


def counts(admin: Admin) -> list[dict[str, Any]]:
    """How many records there are of each kind and status."""
    found = Counter((stored.kind, stored.status) for stored in _records(admin))
    return [{"kind": kind, "status": status, "count": n} for (kind, status), n in sorted(found.items())]


def recent(admin: Admin) -> list[dict[str, Any]]:
    """All jobs and pipeline executions that have not ended, then those made last; each newest first."""
    unfinished: list[Stored] = []
    ended: deque[Stored] = deque(maxlen=RECENT)
    for stored in _records(admin):
        if stored.kind in WORK:
            (unfinished if stored.status in UNFINISHED else ended).append(stored)
    return [_shown(stored) for stored in [*reversed(unfinished), *reversed(ended)]]


def _records(admin: Admin) -> Iterator[Stored]:
    return (stored for stored in admin.services().store.records.every() if stored.kind not in INTERNAL)


def _shown(stored: Stored) -> dict[str, Any]:
    """A job or execution as the page has it. An execution's name is its ARN, of which the end says all."""
    record = stored.record
    return {
        "kind": stored.kind,
        "name": stored.name.partition(":pipeline/")[2] or stored.name,
        "region": stored.scope.region,
        "status": stored.status,
        "unfinished": stored.status in UNFINISHED,
        "created": datetime.fromtimestamp(record["CreationTime"]).strftime("%Y-%m-%d %H:%M:%S"),
        "reason": record.get("FailureReason", ""),
    }
