"""Trials and their components: which component belongs to which trial, and what may be deleted.

A component can be in several trials. Both sides keep the link, so that either list filters without a join: the
component's private ``_Trials`` and ``_Experiments``, the trial's ``_Components``.
"""

from __future__ import annotations

from typing import Any

from emulator.arns import Scope
from emulator.aws.call import Call
from emulator.aws.registry import operation
from emulator.errors import not_found, validation
from emulator.services import Services
from handlers.sagemaker.resource import SERVICE, Record, dig

TRIAL = "Trial"
COMPONENT = "TrialComponent"


@operation(SERVICE, "AssociateTrialComponent", "DisassociateTrialComponent")
def associate(call: Call, services: Services) -> Record:
    """Put a component into a trial, or take it out; doing either twice is no error."""
    attached = call.operation == "AssociateTrialComponent"
    return link(call.scope, services, call.params["TrialName"], call.params["TrialComponentName"], attached)


def link(scope: Scope, services: Services, trial_name: str, component_name: str, attached: bool = True) -> Record:
    """The same by name; ``ResourceNotFound`` where one of both is not there."""
    with services.store.transaction():
        trial = _get(scope, services, TRIAL, trial_name)
        component = _get(scope, services, COMPONENT, component_name)
        trials = set(component.get("_Trials", []))
        components = set(trial.get("_Components", []))
        if attached:
            trials.add(trial["TrialName"])
            components.add(component["TrialComponentName"])
        else:
            trials.discard(trial["TrialName"])
            components.discard(component["TrialComponentName"])
        _keep_trials(scope, services, component, trials)
        _put(scope, services, TRIAL, trial["TrialName"], {"_Components": sorted(components)})
    return {"TrialArn": trial["TrialArn"], "TrialComponentArn": component["TrialComponentArn"]}


def _keep_trials(scope: Scope, services: Services, component: Record, trials: set[str]) -> None:
    experiments = {_get(scope, services, TRIAL, name)["ExperimentName"] for name in trials}
    links = {"_Trials": sorted(trials), "_Experiments": sorted(experiments)}
    _put(scope, services, COMPONENT, component["TrialComponentName"], links)


def _get(scope: Scope, services: Services, kind: str, name: str) -> Record:
    record = services.store.records.get(scope, kind, name)
    if record is None:
        raise not_found(f"{kind} '{name}' does not exist.")
    return record


def _put(scope: Scope, services: Services, kind: str, name: str, links: Record) -> None:
    services.store.records.update(scope, kind, name, links, touch=False)


def check_config(call: Call, services: Services, record: Record) -> None:
    """A job's ExperimentConfig names things that are there, and a trial of that very experiment."""
    config = record.get("ExperimentConfig", {})
    if "ExperimentName" in config:
        _get(call.scope, services, "Experiment", config["ExperimentName"])
    if "TrialName" in config:
        trial = _get(call.scope, services, TRIAL, config["TrialName"])
        if config.get("ExperimentName", trial["ExperimentName"]) != trial["ExperimentName"]:
            raise validation(f"Trial '{config['TrialName']}' is not of experiment '{config['ExperimentName']}'.")


def trial_is_empty(call: Call, services: Services, record: Record) -> None:
    """Refuse to delete a trial that has components."""
    if record.get("_Components"):
        raise validation(f"Trial '{record['TrialName']}' has trial components. Disassociate them first.")


def component_is_free(call: Call, services: Services, record: Record) -> None:
    """Refuse to delete a component that belongs to a trial; the metrics of one that may go, go with it."""
    if record.get("_Trials"):
        trials = ", ".join(record["_Trials"])
        raise validation(f"TrialComponent '{record['TrialComponentName']}' belongs to trials: {trials}.")
    services.store.metrics.drop(record["TrialComponentArn"])


def among(member: str) -> Any:
    """A list filter: the value is in the record's private list ``member``."""
    return lambda record, value: value in record.get(member, [])


def from_source(record: Record, arn: str) -> bool:
    """The filter ``SourceArn``; the SDK gives it in lower case."""
    return str(dig(record, "Source.SourceArn") or "").lower() == arn.lower()
