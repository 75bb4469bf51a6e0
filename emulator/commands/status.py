"""``status``: the running server and what it holds."""

from __future__ import annotations

import argparse
import json

from emulator.commands._output import say, table
from emulator.commands._servers import add_data_dir, ask, data_dir_of, need

HELP = "show the running server and what it holds"
COLUMNS = ("name", "kind", "status", "created")


def add(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    state = ask(need(data_dir_of(arguments))["url"], "state")
    if arguments.json:
        say(json.dumps(state, indent=1))
        return 0
    records, work = state.pop("records"), [row for row in state.pop("work") if row["unfinished"]]
    for name, value in state.items():
        say(f"{name:10}{value}")
    if records:
        say()
        table(["KIND", "STATUS", "COUNT"], [[row["kind"], row["status"] or "-", row["count"]] for row in records])
    if work:
        say()
        table(["RUNS", "KIND", "STATUS", "CREATED"], [[row[name] for name in COLUMNS] for row in work])
    return 0
