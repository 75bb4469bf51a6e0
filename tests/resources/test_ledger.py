"""The ledger: every operation of the five services that is not refused answers a valid call with 200 and with what its
model promises. An operation that is new needs a row or a story (stories.py), or it fails here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest
import resource_inputs as inputs
import resource_needs
import stories_of_machines
import stories_told
from stories import STORIES, World
from test_every_operation import OPERATIONS
from test_rows import ready

from emulator.app import App, load_handlers
from emulator.aws import registry
from emulator.config import Settings
from handlers.sagemaker.resources import RESOURCES

# Imported for the stories they register.
BOOKS = (stories_of_machines, stories_told)

load_handlers()
LISTS = {row.facts.listing: row for row in RESOURCES.values() if row.facts.listing and "List" in row.verbs}
VERBS = ("Create", "Describe", "Update", "Delete", "Start", "Stop")
NONE = "there is none: "


def reachable(service: str, name: str) -> bool:
    """Whether an operation has something to answer with: it is not refused, nor about what is never there."""
    does = registry.does(service, name)
    assert does, f"{name} has no function"
    return does.what != "refused" and (not does.note.startswith(NONE) or name in LISTS)


ANSWERED = [(service, name) for service, name in OPERATIONS if reachable(service, name)]


@pytest.fixture(scope="module")
def tell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], set[str]]]:
    """``tell(service, operation)`` tells the story of an operation, once: all that was answered in it."""
    apps: dict[float, App] = {}

    @cache
    def told(story: Callable[[World], None], pace: float) -> set[str] | AssertionError:
        if pace not in apps:
            folder = tmp_path_factory.mktemp("ledger")
            apps[pace] = App(Settings(data_dir=folder, executor="process", hold=False, pace=pace))
            if not pace:
                apps[pace].start()
        world = World(apps[pace])
        try:
            story(world)
        except AssertionError as error:
            return error
        return world.answered

    def tell(service: str, name: str) -> set[str]:
        story, pace = STORIES.get(name) or (partial(by_row, service, name), 0)
        answered = told(story, pace)
        if isinstance(answered, AssertionError):
            raise answered
        return answered

    yield tell
    for app in apps.values():
        app.close()


def by_row(service: str, name: str, world: World) -> None:
    """What a row of the table can do without more being said; else the call by itself."""
    if name in LISTS:
        list_one(name, world)
        return
    for verb in VERBS:
        noun = name.removeprefix(verb)
        if noun != name and noun in RESOURCES:
            do(verb, noun, world)
            return
    world(name, service)


def list_one(name: str, world: World) -> None:
    row = LISTS[name]
    if row.doing("Create").what == "refused":
        assert world(name)[row.facts.items] == []
        return
    required = inputs.required(name)
    made = world.make(row.noun)
    assert world(name, **{member: made.which[member] for member in required})[row.facts.items]


def do(verb: str, noun: str, world: World) -> None:
    row, made = RESOURCES[noun], world.make(noun)
    if verb == "Create":
        return
    if row.cycle and row.cycle.create[-1:] and verb != "Describe":
        ready(row, world, made, verb)
    world(f"{verb}{noun}", **made.which, **given(verb, noun))


def given(verb: str, noun: str) -> dict[str, Any]:
    """Members that an Update must have beside the generated ones."""
    special = resource_needs.NO_UPDATE.get(noun, ()) if verb == "Update" else ()
    return dict(special) if isinstance(special, dict) else {}


@pytest.mark.parametrize(("service", "name"), ANSWERED)
def test_it_answers_a_valid_call(service: str, name: str, tell: Callable[[str, str], set[str]]) -> None:
    assert name in tell(service, name)


def test_the_stories_are_of_operations_that_are() -> None:
    assert STORIES.keys() <= {name for _, name in OPERATIONS}
