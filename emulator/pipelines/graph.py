"""Which step waits for which: from ``DependsOn``, from references to other steps, and from Condition branches.

:class:`Schedule` says, as steps end, which may start. A step in a branch that was not taken is *skipped*, and so is
whatever needs it; skipped steps are never recorded, as the service lists only steps that started.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from emulator.pipelines import references
from emulator.pipelines.definition import Definition, Step
from emulator.pipelines.paths import PathError

Needs = Mapping[str, frozenset[str]]


def needs(definition: Definition) -> Needs:
    """For every step the steps that must end before it; names of unknown steps are left out."""
    return {name: _needs(step) & definition.steps.keys() for name, step in definition.steps.items()}


def _needs(step: Step) -> frozenset[str]:
    found = set(step.depends_on)
    if step.branch:
        found.add(step.branch.condition)
    for text in references.find(step.own_arguments):
        try:
            reference = references.parse(text)
        except PathError:
            continue
        if reference.root == "Steps":
            found.add(reference.name)
    return frozenset(found)


def cycle(found: Needs) -> list[str]:
    """The names along one cycle, first and last the same; empty when there is none."""
    try:
        TopologicalSorter(found).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


class Schedule:
    """What may start next. Owned by one coordinator thread; rebuilt from the records after a restart."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._needs = needs(definition)
        self._sorter: TopologicalSorter[str] = TopologicalSorter(self._needs)
        self._sorter.prepare()
        self._order = {name: index for index, name in enumerate(definition.steps)}
        self._outcomes: dict[str, bool] = {}
        self.skipped: set[str] = set()

    def ready(self) -> list[str]:
        """Steps that became free to start since the last call, in the definition's order."""
        found: list[str] = []
        while fresh := self._sorter.get_ready():
            for name in fresh:
                if self._is_skipped(name):
                    self.skipped.add(name)
                    self._sorter.done(name)
                else:
                    found.append(name)
        return sorted(found, key=self._order.__getitem__)

    def finish(self, name: str, outcome: bool | None = None) -> None:
        """A step succeeded; ``outcome`` is a Condition's. Steps that failed are never finished here."""
        if outcome is not None:
            self._outcomes[name] = outcome
        self._sorter.done(name)

    def _is_skipped(self, name: str) -> bool:
        branch = self._definition.steps[name].branch
        if branch and self._outcomes.get(branch.condition) is not branch.outcome:
            return True
        return not self.skipped.isdisjoint(self._needs[name])
