"""``sagemaker-emulator``: finds the command by its module in :mod:`emulator.commands` and runs it."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

import emulator
from emulator import commands
from emulator.commands._output import Failure, fail


def names() -> list[str]:
    """The commands there are."""
    return [module.name for module in pkgutil.iter_modules(commands.__path__) if not module.name.startswith("_")]


def load(name: str) -> ModuleType:
    """A command's module."""
    return importlib.import_module(f"emulator.commands.{name}")


def make_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or with the named one's flags alone (its module is then the only one imported)."""
    parser = argparse.ArgumentParser(
        prog="sagemaker-emulator",
        description="The local SageMaker: speaks the SageMaker and S3 HTTP APIs and really runs the jobs.",
    )
    parser.add_argument("--version", action="version", version=emulator.__version__)
    chosen = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name in [only] if only else names():
        module = load(name)
        module.add(chosen.add_parser(name, help=module.HELP, description=module.HELP))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    known = words[0] if words and words[0] in names() else None
    arguments = make_parser(known).parse_args(words)
    try:
        return int(load(arguments.command).run(arguments))
    except Failure as failure:
        return fail(str(failure))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `... | head`
        sys.stderr.close()
        return 141
