"""Human work (handlers/sagemaker/labeling): state only, for nobody works here. A labeling job goes on until stopped."""

from __future__ import annotations

from emulator.aws.registry import keeps
from handlers.sagemaker.cycle import Cycle
from handlers.sagemaker.hooks import childless
from handlers.sagemaker.labeling import checks
from handlers.sagemaker.resource import Resource
from handlers.sagemaker.resources.texts import INVALID

DATES = {"CreateDate": "CreationTime", "LastUpdatedDate": "LastModifiedTime"}
TASK = "HumanTaskConfig"
CONSOLIDATION = f"{TASK}.AnnotationConsolidationConfig"

ROWS = (
    Resource(
        "Workforce",
        wrapper="Workforce",
        missing=INVALID,
        missing_text="No workforce found with name {name}.",
        duplicate=INVALID,
        cycle=Cycle(create=("Initializing", "Active"), update=("Updating", "Active"), delete="Deleting"),
        paths=DATES,
        prepare=checks.prepare_workforce,
        amend=checks.amend_workforce,
        deleting=childless("Workteam", "Workforce {name} has work teams. Delete them first.", "ResourceInUse"),
    ),
    Resource(
        "Workteam",
        path="workteam/private-crowd",
        wrapper="Workteam",
        missing=INVALID,
        missing_text="The work team {arn} does not exist.",
        parent="WorkforceName",
        paths=DATES,
        prepare=checks.prepare_team,
    ),
    Resource("HumanTaskUi", cycle=Cycle(create=("Active",), delete="Deleting"), prepare=checks.prepare_ui),
    Resource(
        "FlowDefinition",
        cycle=Cycle(create=("Initializing", "Active"), delete="Deleting"),
        prepare=checks.prepare_flow,
    ),
    Resource(
        "LabelingJob",
        does={"Create": keeps("nobody labels: it stays InProgress until it is stopped")},
        cycle=Cycle(
            create=("Initializing", "InProgress"),
            stop=("Stopping", "Stopped"),
            allowed={"Stop": ("Initializing", "InProgress")},
            refusal=(INVALID, "The request was rejected because the {label} is in status {status}."),
        ),
        paths={
            "WorkteamArn": f"{TASK}.WorkteamArn",
            "PreHumanTaskLambdaArn": f"{TASK}.PreHumanTaskLambdaArn",
            "AnnotationConsolidationLambdaArn": f"{CONSOLIDATION}.AnnotationConsolidationLambdaArn",
        },
        prepare=checks.prepare_labeling,
    ),
)
