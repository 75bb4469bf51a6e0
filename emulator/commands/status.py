"""``status``: the running server and what it holds."""

from __future__ import annotations

import argparse
import json

from emulator.commands._output import say, table
from emulator.commands._servers import add_data_dir, ask, data_dir_of, need

HELP = "show the running server and what it holds"


def add(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    state = ask(need(data_dir_of(arguments))["url"], "state")
    if arguments.json:
        say(json.dumps(state, indent=1))
        return 0
    records = state.pop("records")
    for name, value in state.items():
        say(f"{name:10}{value}")
    if records:
        say()
        table(["KIND", "STATUS", "COUNT"], [[row["kind"], row["status"] or "-", row["count"]] for row in records])
    return 0
