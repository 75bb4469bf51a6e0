"""docs/coverage.md and README's counts say what the registry says. ``make coverage`` writes both anew."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest

from emulator.app import load_handlers
from emulator.aws import model, registry
from emulator.aws.registry import Does

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "coverage.md"
README = ROOT / "README.md"
PYPROJECT = ROOT / "pyproject.toml"
UPDATE = "UPDATE_COVERAGE"
SERVICES = (
    "sagemaker",
    "sagemaker-runtime",
    "sagemaker-featurestore-runtime",
    "sagemaker-metrics",
    "sagemaker-a2i-runtime",
)
KINDS = ("executes", "keeps state", "refused")
COUNTS = re.compile(r"(?<=<!-- counts -->\n).*?(?=\n<!-- /counts -->)", re.DOTALL)
HEAD = """# What each operation does here

Made from the registry by `make coverage`; a test keeps both equal.

* **executes**: the work is run, or the answer worked out, as AWS does
* **keeps state**: checked, recorded, changed, listed and answered as AWS does; nothing else comes of it
* **refused**: an error, always, that says why
"""


@pytest.fixture(scope="module", autouse=True)
def _handlers() -> None:
    load_handlers()


def operations(service: str) -> dict[str, Does]:
    """What each operation does. A botocore newer than ours may have more: those are refused by the registry, as 501."""
    found = {name: registry.does(service, name) for name in sorted(model.service(service).operation_names)}
    missing = [name for name, does in found.items() if does is None]
    newer = botocore.__version__ not in PYPROJECT.read_text()
    assert newer or not missing, f"{service} has operations that nothing answers: give them a handler or a refusal"
    return {name: does for name, does in found.items() if does}


def counts(services: tuple[str, ...]) -> Counter[str]:
    return Counter(does.what for service in services for does in operations(service).values())


def in_words(found: Counter[str]) -> str:
    return " · ".join(f"{found[kind]} {kind}" for kind in KINDS)


def page() -> str:
    return "\n".join([HEAD, *(line for service in SERVICES for line in section(service))])


def section(service: str) -> Iterator[str]:
    yield f"## {service}: {in_words(counts((service,)))}\n"
    for name, does in operations(service).items():
        yield f"* {name}: {does.what}" + (f" ({does.note.rstrip('.')})" if does.note else "")
    yield ""


def sentence() -> str:
    total = counts(SERVICES)
    return (
        f"Of the {total.total()} operations of {len(SERVICES)} SageMaker services, "
        f"{total['executes']} execute,\n{total['keeps state']} keep state and {total['refused']} are refused, "
        "each with its reason: [docs/coverage.md](docs/coverage.md)."
    )


def test_every_operation_says_what_it_does() -> None:
    for service in SERVICES:
        for name, does in operations(service).items():
            assert does.what in KINDS, name
            assert does.note or does.what != "refused", f"{name} is refused without a reason"


def test_page_and_registry_are_equal() -> None:
    if os.environ.get(UPDATE):
        PAGE.write_text(page())
    assert PAGE.read_text() == page(), "run `make coverage`"


def test_readme_has_the_counts() -> None:
    text = README.read_text()
    if os.environ.get(UPDATE):
        README.write_text(text := COUNTS.sub(lambda _: sentence(), text))
    assert COUNTS.findall(text) == [sentence()], "run `make coverage`"
