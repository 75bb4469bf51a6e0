"""What one row of the table says (:class:`Resource`), and what botocore's model says about it (:class:`Facts`).

A row names only what the model cannot know. Everything else is read from the shapes of the row's operations: the name
is Describe's one required member, the ARN the Create answer's one ``...Arn``, the summaries the one list of the List
answer (all 88 List operations have exactly one), the status ``<Noun>Status`` or ``Status``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from emulator import arns
from emulator.arns import Scope
from emulator.aws import model
from emulator.aws.call import Call
from emulator.aws.registry import KEEPS, Does, keeps
from emulator.errors import ServiceError
from emulator.services import Services
from handlers.sagemaker.cycle import Cycle

SERVICE = "sagemaker"
VERBS = ("Create", "Describe", "List", "Update", "Delete", "Start", "Stop")

Record = dict[str, Any]
Hook = Callable[[Call, Services, Record], None]
Amend = Callable[[Record, Record, Record], Record]
Filter = Callable[[Record, Any], bool]


def nothing(call: Call, services: Services, record: Record) -> None:
    """The hook of a row that has none."""


def unamended(params: Record, record: Record, changed: Record) -> Record:
    """The changes of an Update whose members are all plain."""
    return changed


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. Texts may use ``{name}``, ``{arn}`` and ``{label}`` (``training job``).

    ``prepare`` runs before a record is stored: it checks what the model cannot (references, combinations), fills in
    what AWS echoes, and raises ServiceError to refuse. It, ``updating`` and ``deleting`` run in the
    transaction that makes the change, so what they find cannot go away meanwhile; they must be quick and touch only the
    store. ``created`` runs after the commit, ``stopped`` (where there is no cycle) is all that Stop does, ``leaving``
    runs before the transaction of a Delete, for what takes its time. ``running`` are the statuses of unfinished
    work: Describe may be held, Stop is allowed and Delete refused. ``paths`` says where a member of a list item or of a
    List call's filter lies in the record (``Source.SourceUri``) when it is not a member of that name.
    ``sorts``: value of SortBy -> what to sort by where no index does (``MODEL_NAME``: ``ModelName``).

    ``cycle``: the statuses it passes through by itself (cycle.py). ``keys``: the members that name it together, in the
    order of its ARN (``DomainId``, ``UserProfileName``); ``name_of`` where that depends on the call. ``new_id`` makes
    the name where the caller does not give it (``d-abcdefghijkl``). ``unique``: the member that is unique all the same,
    among all or among those with the same ``within``. ``arn_id`` makes the end of the ARN where that is not the name.
    ``renamed``: Create's or Update's member -> the name Describe has for it. ``merges``: structures that an Update lays
    over the stored ones. ``amend`` gets an Update's input, the record, and the changes, to add what is no plain member.
    ``lists``: its List operation where that has another name; ``lists_of``: members of that call that must name
    something that is there -> what kind. ``does``: verb -> what it does where that is more than
    keeping state (``EXECUTES``), or less (``refused("why")``: after its checks it is answered with an error).
    """

    noun: str
    path: str = ""
    status: str = ""
    running: Collection[str] = ()
    cycle: Cycle | None = None
    keys: Collection[str] = ()
    name_of: Callable[[Record], str] | None = None
    new_id: Callable[[], str] | None = None
    unique: str = ""
    within: str = ""
    arn_id: Callable[[], str] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    merges: Collection[str] = ()
    amend: Amend = unamended
    lists: str = ""
    lists_of: Mapping[str, str] = field(default_factory=dict)
    missing: str = "ResourceNotFound"
    missing_text: str = "{noun} '{name}' does not exist."
    duplicate: str = "ResourceInUse"
    duplicate_text: str = "{noun} '{name}' already exists."
    stopped_text: str = "The request was rejected because the {label} is in status {status}."
    defaults: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    verbs: Collection[str] = VERBS
    ascending: bool = False
    sort: str = "created"
    does: Mapping[str, Does] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    sorts: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    narrow: Callable[[Record], Record] = dict
    wrapper: str = ""
    key: Callable[[str], str] = arns.tail
    prepare: Hook = nothing
    created: Hook = nothing
    updating: Hook = nothing
    leaving: Hook = nothing
    deleting: Hook = nothing
    stopped: Hook = nothing

    @property
    def label(self) -> str:
        """``TrainingJob`` -> ``training job``."""
        return words(self.noun, " ")

    @property
    def type(self) -> str:
        """The resource type in the ARN: ``training-job``."""
        return self.path or words(self.noun, "-")

    @property
    def facts(self) -> Facts:
        """What the model says about this row."""
        return facts(self.noun, self.lists)

    @property
    def status_member(self) -> str:
        """``TrainingJobStatus``, ``Status``, or nothing when the row has no status of its own."""
        return self.facts.status if self.first_status else ""

    @property
    def first_status(self) -> str:
        """The status of a new resource."""
        return self.cycle.create[0] if self.cycle else self.status

    def doing(self, verb: str) -> Does:
        """What a verb does (docs/coverage.md)."""
        if verb in self.does:
            return self.does[verb]
        if self.does.get("Create", KEEPS).what == "refused":
            return keeps(f"there is none: Create{self.noun} is refused")
        if verb == "Create" and self.cycle and self.cycle.create[-1] == self.cycle.failed:
            return keeps(f"it is not run, and ends as {self.cycle.failed}")
        return KEEPS

    @property
    def unfinished(self) -> Collection[str]:
        """The statuses that will change by themselves."""
        return self.cycle.transient if self.cycle else self.running

    @property
    def identity(self) -> Collection[str]:
        """The members of a call that say which resource is meant."""
        return self.keys or (self.facts.name,)

    def name(self, params: Record) -> str:
        """The name of the record that a call's (or a record's) members mean; ARNs are taken for names."""
        if self.name_of is not None:
            return self.name_of(params)
        if self.keys:
            return "/".join(arns.tail(str(params[key])) for key in self.keys)
        return self.key(params[self.facts.name])

    def call_it(self, params: Record) -> str:
        """The name of a new record: what the caller says, or a new id."""
        return self.new_id() if self.new_id else self.name(params)

    def arn(self, scope: Scope, name: str) -> str:
        """The ARN of a resource of this kind."""
        return arns.arn(scope, f"{self.type}/{name}")

    def missing_error(self, call: Call, name: str) -> ServiceError:
        """The error of an operation on a resource that is not there."""
        return refusal(call, self.missing, self._text(self.missing_text, call.scope, name))

    def duplicate_error(self, call: Call, name: str) -> ServiceError:
        """The error of creating a resource whose name is taken."""
        return refusal(call, self.duplicate, self._text(self.duplicate_text, call.scope, name))

    def ended_error(self, status: str) -> ServiceError:
        """The error of stopping work that has ended, in AWS's words (seen in awslabs/benchmark-ai issue 928)."""
        return ServiceError("ValidationException", self.stopped_text.format(label=self.label, status=status))

    def texts(self, scope: Scope, name: str) -> dict[str, str]:
        """What every text of a row may use."""
        return {"noun": self.noun, "label": self.label, "name": name, "arn": arns.of(scope, self.type, name)}

    def _text(self, text: str, scope: Scope, name: str) -> str:
        return text.format(**self.texts(scope, name))


def refusal(call: Call, code: str, text: str) -> ServiceError:
    """An error as the operation may answer it: what it does not model comes as ``ValidationException``. So does AWS
    (ListTags of what is gone: aws/amazon-sagemaker-feedback issue 108)."""
    modelled = {shape.error_code for shape in model.service(SERVICE).operation(call.operation).error_shapes}
    return ServiceError(code if code in modelled else "ValidationException", text)


def dig(record: Record, path: str) -> Any:
    """The value at a dotted path of structures; ``None`` when there is none."""
    value: Any = record
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def words(noun: str, glue: str) -> str:
    """``TrainingJob`` -> ``training<glue>job``."""
    return glue.join(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", noun)).lower()


@dataclass(frozen=True, slots=True)
class Facts:
    """Member names of one resource: its name, ARN and status, its List operation and that answer's one list.

    ``merged`` are the members of Update that AWS lays over the stored structure instead of replacing it
    (their shapes differ from Describe's and are named ``...ForUpdate``). ``tagged``: Describe gives the tags too.
    """

    name: str
    arn: str
    status: str
    listing: str
    items: str
    merged: frozenset[str]
    tagged: bool


@cache
def facts(noun: str, listing: str = "") -> Facts:
    """Read the facts of a noun that has a Describe operation; ``listing`` is its List where that has its own name."""
    answered = described(noun)
    listing = listing or list_operation(noun)
    answer = members(listing, "output") if listing else {}
    return Facts(
        name=_name(noun),
        arn=_arn(noun, answered),
        status=_own(noun, "Status", answered) or "Status",
        listing=listing,
        items=next((name for name, shape in answer.items() if shape.type_name == "list"), ""),
        merged=frozenset(
            name for name, shape in members(f"Update{noun}", "input").items() if shape.name.endswith("ForUpdate")
        ),
        tagged="Tags" in answered,
    )


def described(noun: str) -> Mapping[str, Any]:
    """The members of a Describe answer, or of the one structure that is all there is in it (``Workteam``)."""
    found = members(f"Describe{noun}", "output")
    inner = next(iter(found.values()), None)
    wrapped = len(found) == 1 and inner is not None and inner.type_name == "structure"
    return inner.members if wrapped else found  # type: ignore[union-attr]


def has(name: str) -> bool:
    """Whether the model has an operation of this name."""
    return name in model.service(SERVICE).operation_names


def members(name: str, side: str) -> Mapping[str, Any]:
    """The members of an operation's input or output shape; none where the model has no such operation or shape."""
    if not has(name):
        return {}
    shape = getattr(model.service(SERVICE).operation(name), f"{side}_shape")
    return shape.members if shape is not None else {}


def list_operation(noun: str) -> str:
    """``CodeRepository`` -> ``ListCodeRepositories``; ``""`` where there is none."""
    plurals = (f"{noun}s", f"{noun[:-1]}ies", f"{noun}es")
    return next((f"List{plural}" for plural in plurals if has(f"List{plural}")), "")


def _name(noun: str) -> str:
    required = model.service(SERVICE).operation(f"Describe{noun}").input_shape.required_members
    return _own(noun, "Name", required) or str(required[0])


def _own(noun: str, what: str, names: Iterable[str]) -> str:
    """``TrackingServerName`` for a MlflowTrackingServer: the longest member that is ``what`` of the noun's end."""
    found = [name for name in names if name.endswith(what) and noun.endswith(name.removesuffix(what) or " ")]
    return max(found, key=len, default="")


def _arn(noun: str, described: Mapping[str, Any]) -> str:
    created = [name for name in members(f"Create{noun}", "output") if name.endswith("Arn")]
    if len(created) == 1:
        return created[0]
    return f"{noun}Arn" if f"{noun}Arn" in described else "Arn"
