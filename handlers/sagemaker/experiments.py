"""Trials and their components: which component belongs to which trial, and what may be deleted.

A component can be in several trials. Both sides keep the link, so that either list filters without a join: the
component's private ``_Trials`` and ``_Experiments``, the trial's ``_Components``.
"""

from __future__ import annotations

from typing import Any

from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import not_found, validation
from emulator.services import Services
from handlers.sagemaker.resource import SERVICE, Record

TRIAL = "Trial"
COMPONENT = "TrialComponent"


@operation(SERVICE, "AssociateTrialComponent", "DisassociateTrialComponent")
def associate(call: Call, services: Services) -> Record:
    """Put a component into a trial, or take it out; doing either twice is no error."""
    with services.store.transaction():
        trial = _get(call, services, TRIAL, call.params["TrialName"])
        component = _get(call, services, COMPONENT, call.params["TrialComponentName"])
        trials = set(component.get("_Trials", []))
        components = set(trial.get("_Components", []))
        if call.operation == "AssociateTrialComponent":
            trials.add(trial["TrialName"])
            components.add(component["TrialComponentName"])
        else:
            trials.discard(trial["TrialName"])
            components.discard(component["TrialComponentName"])
        _link(call, services, component, trials)
        _put(call, services, TRIAL, trial["TrialName"], {"_Components": sorted(components)})
    return {"TrialArn": trial["TrialArn"], "TrialComponentArn": component["TrialComponentArn"]}


def _link(call: Call, services: Services, component: Record, trials: set[str]) -> None:
    experiments = {_get(call, services, TRIAL, name)["ExperimentName"] for name in trials}
    links = {"_Trials": sorted(trials), "_Experiments": sorted(experiments)}
    _put(call, services, COMPONENT, component["TrialComponentName"], links)


def _get(call: Call, services: Services, kind: str, name: str) -> Record:
    record = services.store.records.get(call.scope, kind, name)
    if record is None:
        raise not_found(f"{kind} '{name}' does not exist.")
    return record


def _put(call: Call, services: Services, kind: str, name: str, links: Record) -> None:
    services.store.records.update(call.scope, kind, name, links, touch=False)


def trial_is_empty(call: Call, services: Services, record: Record) -> None:
    """Refuse to delete a trial that has components."""
    if record.get("_Components"):
        raise validation(f"Trial '{record['TrialName']}' has trial components. Disassociate them first.")


def component_is_free(call: Call, services: Services, record: Record) -> None:
    """Refuse to delete a component that belongs to a trial."""
    if record.get("_Trials"):
        raise validation(f"TrialComponent '{record['TrialComponentName']}' belongs to trials {record['_Trials']}.")


def among(member: str) -> Any:
    """A list filter: the value is in the record's private list ``member``."""
    return lambda record, value: value in record.get(member, [])
