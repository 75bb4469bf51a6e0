"""What can be searched: for each of Search's resources our records, their indexed columns, and the members of the
answer that are in no record but are put together from others (the parents of a trial component, tags …).

``Image`` and ``ImageVersion`` are in the model's list of resources but ``SearchRecord`` has no member for them: their
answer is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from emulator.arns import Scope
from emulator.services import Services
from emulator.store import Stored

Record = dict[str, Any]


class Subject:
    """One candidate: its record, and the derived members, which are only put together when somebody asks."""

    __slots__ = ("finder", "record", "stored")

    def __init__(self, stored: Stored, record: Record, finder: Finder) -> None:
        self.stored = stored
        self.record = record
        self.finder = finder

    def get(self, member: str) -> Any:
        """The value of a member of the answer, or None."""
        derived = self.finder.searched.derived.get(member)
        return derived(self) if derived else self.record.get(member)

    def tags(self) -> list[dict[str, str]]:
        """The tags of the resource."""
        return self.finder.services.store.tags.get(self.stored.arn)

    def answer(self) -> Record:
        """The record with all derived members."""
        found = {member: derive(self) for member, derive in self.finder.searched.derived.items()}
        return self.record | {member: value for member, value in found.items() if value is not None}


Derive = Callable[[Subject], Any]


def _tags(subject: Subject) -> Any:
    return subject.tags() or None


@dataclass(frozen=True, slots=True)
class Searched:
    """One resource type. ``name``, ``parent`` and ``status`` are the properties that stand in the columns of these
    names; ``within`` is the member whose members are properties too; ``expand`` makes several answers of a record."""

    kind: str
    member: str
    name: str = ""
    parent: str = ""
    status: str = ""
    within: str = ""
    derived: Mapping[str, Derive] = field(default_factory=lambda: {"Tags": _tags})
    expand: Callable[[Record], Iterable[Record]] | None = None


@dataclass
class Finder:
    """One Search call at work: where it looks, and what it has looked up already."""

    services: Services
    scope: Scope
    searched: Searched

    @cached_property
    def experiments(self) -> dict[str, str]:
        """Trial -> its experiment, for the trials looked up so far."""
        return {}

    def experiment_of(self, trial: str) -> str:
        """The experiment of a trial, or nothing."""
        if trial not in self.experiments:
            record = self.services.store.records.get(self.scope, "Trial", trial) or {}
            self.experiments[trial] = record.get("ExperimentName", "")
        return self.experiments[trial]

    def subjects(self, stored: Stored) -> Iterable[Subject]:
        """The candidates that a record stands for: one, unless its type says otherwise."""
        records = self.searched.expand(stored.record) if self.searched.expand else (stored.record,)
        return [Subject(stored, record, self) for record in records]


def _parents(subject: Subject) -> Any:
    pairs = [(trial, subject.finder.experiment_of(trial)) for trial in subject.record.get("_Trials", [])]
    return [{"TrialName": trial, "ExperimentName": experiment} for trial, experiment in pairs if experiment] or None


def _source_detail(subject: Subject) -> Any:
    source = subject.record.get("Source", {}).get("SourceArn")
    stored = subject.finder.services.store.records.by_arn(source) if source else None
    return {"SourceArn": source, stored.kind: stored.record} if stored else None


def _components(subject: Subject) -> Any:
    records = subject.finder.services.store.records
    found = (
        records.get(subject.finder.scope, "TrialComponent", name) for name in subject.record.get("_Components", [])
    )
    return [{**record, "TrialComponentSource": record.get("Source")} for record in found if record] or None


def _model(subject: Subject) -> Any:
    return subject.record | ({"Tags": tags} if (tags := subject.tags()) else {})


def features(group: Record) -> Iterable[Record]:
    """What is known of each feature of a group; ``_Metadata`` is what UpdateFeatureMetadata stored."""
    times = {"CreationTime": group["CreationTime"], "LastModifiedTime": group["CreationTime"]}
    identity = {member: group[member] for member in ("FeatureGroupName", "FeatureGroupArn")}
    for feature in group.get("FeatureDefinitions", []):
        yield identity | feature | times | group.get("_Metadata", {}).get(feature["FeatureName"], {})


def _plain(kind: str, resource: str = "", **more: Any) -> tuple[str, Searched]:
    return resource or kind, Searched(kind, kind, **({"name": f"{kind}Name", "status": f"{kind}Status"} | more))


SEARCHED = dict(
    (
        _plain("TrainingJob"),
        _plain("HyperParameterTuningJob"),
        _plain("Endpoint"),
        _plain("Experiment", status=""),
        _plain(
            "Trial",
            "ExperimentTrial",
            status="",
            parent="ExperimentName",
            derived={"Tags": _tags, "TrialComponentSummaries": _components},
        ),
        _plain(
            "TrialComponent",
            "ExperimentTrialComponent",
            status="",
            derived={"Tags": _tags, "Parents": _parents, "SourceDetail": _source_detail},
        ),
        _plain("Model", name="", status="", within="Model", derived={"Model": _model}),
        _plain("ModelPackage", name="", parent="ModelPackageGroupName"),
        _plain("ModelPackageGroup"),
        _plain("ModelCard", status="", name=""),
        _plain("Pipeline", status=""),
        _plain("PipelineExecution", name="PipelineExecutionArn", derived={}),
        _plain("PipelineVersion", name="", status="", derived={}),
        _plain("FeatureGroup"),
        ("FeatureMetadata", Searched("FeatureGroup", "FeatureMetadata", derived={}, expand=features)),
        _plain("Project", name="", status=""),
        _plain("Job", name="", status=""),
        _plain("HubContent", name="", status=""),
        ("Image", Searched("Image", "")),
        ("ImageVersion", Searched("ImageVersion", "")),
    )
)
