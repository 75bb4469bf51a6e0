"""What a work team has to do, and the teams of vendors, of which there are none without a marketplace."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from emulator.aws.call import Call
from emulator.aws.registry import keeps, operation, refused
from emulator.errors import validation
from emulator.services import Services
from handlers.sagemaker.labeling.checks import check_team
from handlers.sagemaker.listing import answer, nothing, page
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

OF_TEAM = replace(RESOURCES["LabelingJob"], ascending=True)


@operation(SERVICE, "ListLabelingJobsForWorkteam")
def list_for_team(call: Call, services: Services) -> Record:
    """The jobs given to one team."""
    check_team(call, services, call.params["WorkteamArn"])
    services.store.cycles.settle()
    return answer("LabelingJobSummaryList", page(OF_TEAM, call, services), partial(_for_team, call))


def _for_team(call: Call, record: Record) -> Record:
    counts = record["LabelCounters"]
    return record | {
        "WorkRequesterAccountId": call.scope.account,
        "NumberOfHumanWorkersPerDataObject": record["HumanTaskConfig"]["NumberOfHumanWorkersPerDataObject"],
        "LabelCounters": {"HumanLabeled": counts["HumanLabeled"], "PendingHuman": 0, "Total": counts["TotalLabeled"]},
    }


@operation(SERVICE, "ListSubscribedWorkteams", does=keeps("none: they are bought in the AWS Marketplace"))
def list_subscribed(call: Call, services: Services) -> Record:
    """None: vendors' teams are subscribed to in the AWS Marketplace."""
    return nothing("SubscribedWorkteams", call)


@operation(SERVICE, "DescribeSubscribedWorkteam", does=refused("Teams are subscribed to in the AWS Marketplace."))
def describe_subscribed(call: Call, services: Services) -> Record:
    """Not there, as the list says."""
    raise validation(f"The work team {call.params['WorkteamArn']} is not subscribed to.")
