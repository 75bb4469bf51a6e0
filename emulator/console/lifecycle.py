"""``POST /_emulator/s3/lifecycle``: carry out the lifecycle rules as if it were another time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from emulator.arns import now

DAY = 24 * 3600


def add_routes(pages: Blueprint, run: Callable[[float], dict[str, int]]) -> None:
    """Add the route. Body: ``{"days": 31}`` from now on, or ``{"at": epoch seconds}``, or nothing (now)."""

    @pages.post("/s3/lifecycle")
    def lifecycle() -> tuple[Response, int]:
        given: Any = request.get_json(silent=True, force=True) if request.get_data() else {}
        if not isinstance(given, dict) or given.keys() - {"days", "at"}:
            return jsonify({"error": 'the body is {"days": 31}, {"at": epoch seconds} or empty'}), 400
        try:
            at = float(given["at"]) if "at" in given else now() + float(given.get("days", 0)) * DAY
        except (TypeError, ValueError):
            return jsonify({"error": "days and at are numbers"}), 400
        return jsonify({"at": at, "done": run(at)}), 200
