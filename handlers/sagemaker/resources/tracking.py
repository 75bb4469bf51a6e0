"""Experiments."""

from __future__ import annotations

from handlers.sagemaker import experiments
from handlers.sagemaker.hooks import childless, refers
from handlers.sagemaker.lineage.entities import unlinking
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import INVALID, UNIQUE_NAME

ROWS = (
    Resource(
        "Experiment",
        duplicate=INVALID,
        duplicate_text=UNIQUE_NAME,
        paths={"ExperimentSource": "Source"},
        deleting=childless("Trial", "Experiment '{name}' has trials. Delete them first."),
    ),
    Resource(
        "Trial",
        path="experiment-trial",
        duplicate=INVALID,
        duplicate_text=UNIQUE_NAME,
        lists_of={"ExperimentName": "Experiment", "TrialComponentName": "TrialComponent"},
        parent="ExperimentName",
        prepare=refers("ExperimentName", "Experiment", "Experiment '{name}' does not exist.", "ResourceNotFound"),
        deleting=experiments.trial_is_empty,
        paths={"TrialSource": "Source"},
        filters={"TrialComponentName": experiments.among("_Components")},
    ),
    Resource(
        "TrialComponent",
        path="experiment-trial-component",
        duplicate=INVALID,
        duplicate_text=UNIQUE_NAME,
        lists_of={"ExperimentName": "Experiment", "TrialName": "Trial"},
        deleting=unlinking("TrialComponent", experiments.component_is_free),
        paths={"SourceArn": "Source.SourceArn", "TrialComponentSource": "Source"},
        filters={
            "TrialName": experiments.among("_Trials"),
            "ExperimentName": experiments.among("_Experiments"),
            "SourceArn": experiments.from_source,
        },
    ),
)
