"""``/_emulator/faults``: arm (POST), list (GET) and clear (DELETE) the faults of :mod:`emulator.faults`."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Blueprint, Response, jsonify, request

from emulator.faults import BadFault, Fault, Faults


def add_routes(pages: Blueprint, faults: Faults) -> None:
    """Add the routes to the console's blueprint."""

    @pages.get("/faults")
    def listed() -> Response:
        return jsonify({"faults": [shown(fault) for fault in faults.armed()]})

    @pages.post("/faults")
    def arm() -> tuple[Response, int]:
        given = request.get_json(silent=True, force=True)
        if not isinstance(given, dict):
            return jsonify({"error": "the body is no JSON object"}), 400
        try:
            return jsonify(shown(faults.arm(given))), 201
        except BadFault as error:
            return jsonify({"error": str(error)}), 400

    @pages.delete("/faults")
    def clear() -> Response:
        faults.clear()
        return jsonify({"faults": []})

    @pages.delete("/faults/<fault_id>")
    def clear_one(fault_id: str) -> tuple[Response, int]:
        if not faults.clear(fault_id):
            return jsonify({"error": f"no fault {fault_id} is armed"}), 404
        return jsonify({"id": fault_id}), 200


# Which members mean something, beside those that all have.
OWN = {
    "error": ("code", "message", "status"),
    "throttle": ("code", "message", "status"),
    "slow": ("seconds",),
    "outcome": ("reason",),
}


def shown(fault: Fault) -> dict[str, Any]:
    """A fault as JSON, without the members that its effect does not use."""
    members = dataclasses.asdict(fault)
    return {name: members[name] for name in ("id", "operation", "effect", "match", "times", *OWN[fault.effect])}
