"""The catalogue's entries: which repository and tag stands for which Python and packages.

Versions come from the requirements and Dockerfiles at the real containers' release branches (read, not copied):
github.com/aws/sagemaker-scikit-learn-container, github.com/aws/sagemaker-xgboost-container. A newer tag than the
table knows is read by its name: ``sagemaker-xgboost:3.2-1`` asks for xgboost 3.2.0.
"""

from __future__ import annotations

import re

from emulator.images.recipes import Recipe, family

_COMMON = {"boto3": ""}

# tag: Python, scikit-learn, numpy, pandas, scipy
SKLEARN = {
    "0.20.0": ("3.7", "0.20.4", "1.19.5", "0.25.3", "1.5.3"),
    "0.23-1": ("3.7", "0.23.2", "1.19.2", "1.1.3", "1.5.3"),
    "1.0-1": ("3.8", "1.0.2", "1.24.1", "1.1.3", "1.8.0"),
    "1.2-1": ("3.9", "1.2.1", "1.24.1", "1.1.3", "1.8.0"),
    "1.4-2": ("3.10", "1.4.2", "2.1.0", "2.2.3", "1.15.0"),
}

# tag: Python, xgboost, scikit-learn, numpy, pandas, scipy
XGBOOST = {
    "0.90-1": ("3.7", "0.90", "0.23.2", "1.19.2", "1.1.3", "1.5.3"),
    "0.90-2": ("3.7", "0.90", "0.23.2", "1.19.2", "1.1.3", "1.5.3"),
    "1.0-1": ("3.7", "1.0.0", "0.23.2", "1.19.2", "1.1.3", "1.5.3"),
    "1.2-1": ("3.7", "1.2.0", "0.23.2", "1.21.6", "1.1.3", "1.5.3"),
    "1.2-2": ("3.7", "1.2.0", "0.23.2", "1.21.6", "1.1.3", "1.5.3"),
    "1.3-1": ("3.7", "1.3.3", "0.24.1", "1.21.6", "1.2.4", "1.6.2"),
    "1.5-1": ("3.8", "1.5.2", "0.24.1", "1.24.1", "1.2.4", "1.8.0"),
    "1.7-1": ("3.9", "1.7.4", "0.24.1", "1.24.1", "1.2.4", "1.8.0"),
    "3.0-5": ("3.10", "3.0.5", "1.5.2", "2.1.0", "2.2.3", "1.15.0"),
}
_CPU_WHEELS = "https://download.pytorch.org/whl/cpu"


@family(r"sagemaker-scikit-learn:(?P<tag>\d+\.\d+(?:[.-]\d+)?)(?P<rest>-.*)?")
def sklearn(match: re.Match[str]) -> Recipe:
    """``1.2-1-cpu-py3``, ``1.2-1`` and the like."""
    tag = match["tag"]
    if tag not in SKLEARN:
        packages = {"scikit-learn": f"{_minor(tag)}.0", "numpy": "", "pandas": "", "scipy": "", **_COMMON}
        return Recipe("sklearn", tag, _python(match["rest"]), packages)
    python, scikit, numpy, pandas, scipy = SKLEARN[tag]
    packages = {"scikit-learn": scikit, "numpy": numpy, "pandas": pandas, "scipy": scipy, **_COMMON}
    return Recipe("sklearn", tag, _python(match["rest"]) or python, packages)


@family(r"sagemaker-xgboost:(?P<tag>\d+\.\d+-\d+)(?P<rest>-.*)?")
def xgboost(match: re.Match[str]) -> Recipe:
    """``1.7-1``, ``1.0-1-cpu-py3``; the built-in algorithm and script mode are the same image."""
    tag = match["tag"]
    variables = {"SAGEMAKER_XGBOOST_TAG": tag}
    if tag not in XGBOOST:
        packages = {"xgboost": f"{_minor(tag)}.0", "scikit-learn": "", "numpy": "", "pandas": "", "scipy": ""}
        return Recipe("xgboost", tag, _python(match["rest"]), {**packages, **_COMMON}, variables)
    python, version, scikit, numpy, pandas, scipy = XGBOOST[tag]
    packages = {"xgboost": version, "scikit-learn": scikit, "numpy": numpy, "pandas": pandas, "scipy": scipy, **_COMMON}
    return Recipe("xgboost", tag, python, packages, variables)


@family(r"xgboost:(1|latest)")
def xgboost_of_old(match: re.Match[str]) -> Recipe:
    """The first generation of the algorithm, xgboost 0.72; it knows no script mode, but nothing asks it for that."""
    packages = {"xgboost": "0.72.1", "scikit-learn": "0.23.2", "numpy": "", "pandas": "", "scipy": "", **_COMMON}
    return Recipe("xgboost", "0.72", "3.7", packages, {"SAGEMAKER_XGBOOST_TAG": "0.72-1"})


@family(r"sagemaker-base-python(?:-(?P<python>3\d+))?:(?P<tag>.+)")
def base_python(match: re.Match[str]) -> Recipe:
    """Plain Python for ``@remote`` and ``@step``, which install what they need themselves."""
    number = match["python"]
    python = f"3.{number[1:]}" if number else ""
    return Recipe("base-python", match["tag"], python, dict(_COMMON))


@family(r"pytorch-(training|inference):(?P<version>\d+\.\d+(\.\d+)?)(?P<rest>.*)")
def pytorch(match: re.Match[str]) -> Recipe:
    """PyTorch without CUDA: 200 MB to fetch, so only when asked for."""
    packages = {_series("torch", match["version"]): "", "numpy": "", "pandas": "", "scikit-learn": "", **_COMMON}
    python = _python(match["rest"])
    return Recipe("pytorch", match["version"], python, packages, indexes=(_CPU_WHEELS,), on_request=True)


@family(r"tensorflow-(training|inference):(?P<version>\d+\.\d+(\.\d+)?)(?P<rest>.*)")
def tensorflow(match: re.Match[str]) -> Recipe:
    """TensorFlow's CPU build: 600 MB installed, so only when asked for."""
    packages = {_series("tensorflow-cpu", match["version"]): "", "pandas": "", "scikit-learn": "", **_COMMON}
    return Recipe("tensorflow", match["version"], _python(match["rest"]), packages, on_request=True)


@family(
    r"huggingface-pytorch-(training|inference):(?P<torch>\d+\.\d+(\.\d+)?)"
    r"-transformers(?P<version>\d+\.\d+(\.\d+)?)(?P<rest>.*)"
)
def huggingface(match: re.Match[str]) -> Recipe:
    """transformers on PyTorch's CPU build, only when asked for."""
    packages = {_series("torch", match["torch"]): "", _series("transformers", match["version"]): ""}
    packages.update({"datasets": "", "accelerate": "", "numpy": "", "pandas": "", **_COMMON})
    python = _python(match["rest"])
    return Recipe("huggingface", match["version"], python, packages, indexes=(_CPU_WHEELS,), on_request=True)


def _minor(tag: str) -> str:
    return ".".join(tag.replace("-", ".").split(".")[:2])


def _series(package: str, version: str) -> str:
    return f"{package}=={version}" if version.count(".") > 1 else f"{package}=={version}.*"


def _python(rest: str | None) -> str:
    """``-cpu-py311`` -> ``3.11``; ``""`` where the tag says no more than ``py3``."""
    match = re.search(r"-py3(\d+)", rest or "")
    return f"3.{match[1]}" if match else ""
