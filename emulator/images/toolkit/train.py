"""The ``train`` command: script mode where a program is named, else the image's built-in algorithm.

Ends as AWS's containers do: code 0 and ``output/success``, or the script's own code and the reason in
``output/failure``, which becomes the job's FailureReason. A failure file that the script wrote itself is left alone.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from . import source
from .layout import Layout, layout
from .script import ScriptFailed, run
from .training_environment import TrainingEnvironment


def main() -> int:
    """Run the job of this container; returns its exit code."""
    places = layout()
    places.prepare()
    try:
        train(TrainingEnvironment(places))
    except ScriptFailed as error:
        return _fail(places, str(error), error.code)
    except source.SourceError as error:
        return _fail(places, f"Framework Error: {error}", 1)
    except Exception as error:  # whatever went wrong here is the job's failure, not a crash without a word
        traceback.print_exc()
        return _fail(places, _describe(error), 1)
    places.success.touch()
    return 0


def train(environment: TrainingEnvironment) -> None:
    """Script mode, or the algorithm this image is for."""
    if environment.program:
        return _run_script(environment)
    tag = os.environ.get("SAGEMAKER_XGBOOST_TAG")
    if not tag:
        raise ValueError(
            "No script was given (hyperparameter sagemaker_program), and this image has no algorithm of its own"
        )
    from .xgboost_algorithm import train as train_xgboost

    return train_xgboost(environment)


def _run_script(environment: TrainingEnvironment) -> None:
    code = environment.layout.code
    folder = source.fetch(environment.submitted, code) if environment.submitted else _given_code(environment)
    source.install_requirements(folder)
    run(environment.program, environment.arguments, folder, environment.variables())


def _given_code(environment: TrainingEnvironment) -> Path:
    """Without a submit directory the code is a channel of that name, or lies in the image already."""
    channel = environment.layout.data / "code"
    archive = channel / "sourcedir.tar.gz"
    if archive.is_file():
        return source.fetch(str(archive), environment.layout.code)
    return channel if (channel / environment.program).is_file() else environment.layout.code


def _describe(error: Exception) -> str:
    """Upstream marks what the user can mend with the error's class name in front."""
    kind = type(error).__name__
    return f"{error}" if kind in {"ClientError", "UserError"} else f"Framework Error: {kind}: {error}"


def _fail(places: Layout, text: str, code: int) -> int:
    sys.stderr.write(text + "\n")
    if not places.failure.exists():
        places.output.mkdir(parents=True, exist_ok=True)
        places.failure.write_text(text)
    return code
