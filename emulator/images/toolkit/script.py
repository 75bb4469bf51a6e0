"""Runs the user's training script: its output goes through unchanged and at once, signals reach it, its end is kept.

Python files run with this interpreter, shell scripts with the shell, anything else as a program. stdout is inherited;
stderr passes through a thread that remembers its end for the failure file.
"""

from __future__ import annotations

import collections
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

_KEPT = 40
_ROOM = 800


class ScriptFailed(Exception):
    """The script ended with another code than 0. ``text`` is fit for ``/opt/ml/output/failure``."""

    def __init__(self, code: int, command: list[str], last: str) -> None:
        quoted = " ".join(command)
        super().__init__(f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{last}"\nCommand "{quoted}"')
        self.code = code


def run(program: str, arguments: list[str], folder: Path, variables: Mapping[str, str]) -> None:
    """Run ``program`` of ``folder`` to its end. Raises :class:`ScriptFailed`."""
    command = _command(program, arguments, folder)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    environ = {**os.environ, **variables, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    _say("Invoking script with the following command:\n\n" + " ".join(command) + "\n\n")
    process = subprocess.Popen(command, cwd=str(folder), env=environ, stderr=subprocess.PIPE)
    last: collections.deque[bytes] = collections.deque(maxlen=_KEPT)
    reader = threading.Thread(target=_tee, args=(process, last), daemon=True)
    reader.start()
    before = _forward(process)
    code = process.wait()
    reader.join(timeout=5)
    for number, handler in before.items():
        signal.signal(number, handler)
    if code:
        raise ScriptFailed(
            code if code > 0 else 128 - code, command, last_words(b"".join(last).decode("utf-8", "replace"))
        )


def last_words(text: str) -> str:
    """The end of ``text`` that says what went wrong: from the last traceback on, cut in the middle to fit.

    FailureReason keeps 1024 characters in all; the exception at the very end must be among them.
    """
    start = text.rfind("Traceback (most recent call last)")
    words = text[max(start, 0) :].strip()
    if len(words) <= _ROOM:
        return words
    head = words[: _ROOM // 4]
    return f"{head}\n...\n{words[-_ROOM + len(head) + 5 :]}"


def _command(program: str, arguments: list[str], folder: Path) -> list[str]:
    path = folder / program
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {program} in the submitted code: {sorted(p.name for p in folder.iterdir())}"
        )
    if program.endswith(".py"):
        return [sys.executable, program, *arguments]
    path.chmod(path.stat().st_mode | 0o555)
    return ["/bin/sh", "-c", f'exec "./{program}" "$@"', program, *arguments]


def _tee(process: subprocess.Popen[bytes], last: collections.deque[bytes]) -> None:
    stream = process.stderr
    if stream is None:
        return
    for line in stream:
        last.append(line)
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()


def _forward(process: subprocess.Popen[bytes]) -> dict[int, Any]:
    """Stopping a job signals us; the script must have its chance to save a checkpoint."""

    def handle(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    return {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
