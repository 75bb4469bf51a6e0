"""Where the filters of single lists look (``PLACES``), and those that need calls or values of their own (``CHECKS``);
what some are sorted by (``SORTED``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from listings import BEGIN, CREATED, NAMED, Listing
from stories import World

Stored = Callable[[Any], Any]
OFFLINE = ("Active", "Blocked", "Disabled")
EVENS, ODDS = [0, 2, 4, 6], [1, 3, 5]


def itself(value: Any) -> Any:
    return value


def listed(value: Any) -> list[Any]:
    return [value]


# Member, or list and member -> path of the record, and what stands there for a value of the filter.
PLACES: dict[Any, tuple[str, Stored]] = {
    "SourceUri": ("Source.SourceUri", itself),
    "AppTypeEquals": ("StudioLifecycleConfigAppType", itself),
    "OfflineStoreStatusEquals": ("OfflineStoreStatus.Status", itself),
    "WarmPoolStatusEquals": ("WarmPoolStatus.Status", itself),
    "TrainingPlanArnEquals": ("ResourceConfig.TrainingPlanArn", itself),
    "DefaultForDomainId": ("DefaultDomainIdList", listed),
    "AdditionalCodeRepositoryEquals": ("AdditionalCodeRepositories", listed),
    "OptimizationContains": ("OptimizationTypes", listed),
    ("ListInferenceRecommendationsJobs", "ModelNameEquals"): ("InputConfig.ModelName", itself),
    "ModelPackageVersionArnEquals": ("InputConfig.ModelPackageVersionArn", itself),
    "MonitoringJobDefinitionName": ("MonitoringScheduleConfig.MonitoringJobDefinitionName", itself),
    ("ListClusters", "TrainingPlanArn"): (
        "InstanceGroups",
        lambda plan: [{"InstanceGroupName": "a", "TrainingPlanArn": plan}],
    ),
    **{
        (f"List{kind}JobDefinitions", "EndpointName"): (f"{kind}JobInput.EndpointInput.EndpointName", itself)
        for kind in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    },
}


def got(found: Listing, **params: Any) -> list[int]:
    return sorted(found.page(MaxResults=100, **params)[0])


def bounded(member: str, path: str, most: bool, *values: Any) -> Callable[[Listing], None]:
    """A filter with a bound: the evens have the lower value, the odds the greater, and it is between them."""

    def check(found: Listing) -> None:
        low, between, high = values
        for n in range(7):
            found.change(n, path, high if n % 2 else low)
        assert got(found, **{member: between}) == (EVENS if most else ODDS)

    return check


def by_name(member: str) -> Callable[[Listing], None]:
    """NameContains under another name."""

    def check(found: Listing) -> None:
        assert got(found, **{member: found.mark(2, NAMED[2])}) == [2]

    return check


def least_version(found: Listing) -> None:
    assert got(found, MinVersion="1.3.0") == [n for n in range(7) if NAMED[n] >= 3]


def in_status(found: Listing) -> None:
    """The filters of training plans; the store says the status, and nothing here changes it."""
    for n in range(7):
        found.change(n, "Status", "Failed" if n % 2 else "Pending")
    for status, wanted in (("Pending", EVENS), ("Failed", ODDS)):
        assert got(found, Filters=[{"Name": "Status", "Value": status}]) == wanted


def associated(found: Listing) -> None:
    """The trials of a component."""
    world = World(found.app)
    component = world.make("TrialComponent").which
    for n in EVENS:
        world("AssociateTrialComponent", TrialName=found.name(n, NAMED[n]), **component)
    assert got(found, **component) == EVENS


def of_two_experiments(found: Listing) -> None:
    """Trials move between two experiments that are there: another one is not found."""
    world = World(found.app)
    names = [world.make("Experiment").name for _ in range(2)]
    for n in range(7):
        found.change(n, "ExperimentName", names[n % 2])
    assert [got(found, ExperimentName=name) for name in names] == [EVENS, ODDS]


def of_source(found: Listing) -> None:
    """The components of a job."""
    jobs = [f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}" for name in ("one", "two")]
    for n in range(7):
        found.change(n, "Source", {"SourceArn": jobs[n % 2]})
    assert got(found, SourceArn=jobs[0]) == EVENS


def of_trial(found: Listing) -> None:
    """The components of a trial."""
    trial = _trial_of(found)
    assert got(found, TrialName=trial["TrialName"]) == EVENS


def of_experiment(found: Listing) -> None:
    """The components of all trials of an experiment."""
    assert got(found, ExperimentName=_trial_of(found)["ExperimentName"]) == EVENS


def _trial_of(found: Listing) -> dict[str, Any]:
    world = World(found.app)
    trial = world.make("Trial")
    for n in EVENS:
        world("AssociateTrialComponent", TrialName=trial.name, TrialComponentName=found.name(n, NAMED[n]))
    return trial.params


def of_alias(found: Listing) -> None:
    """The executions of the version that an alias means."""
    for n in range(7):
        found.change(n, "PipelineVersionId", 2 if n % 2 else 1)
    arn = found.original.record["PipelineArn"]
    given = {"PipelineArn": arn, "PipelineVersionId": 1, "PipelineVersionAliasOperations": {"Add": ["tested"]}}
    World(found.app)("UpdatePipelineVersion", **given)
    assert got(found, PipelineVersionAlias="tested") == EVENS


def of_customers(found: Listing) -> None:
    assert got(found, ManagedBy="CUSTOMER") == list(range(7))
    assert got(found, ManagedBy="AWS") == []


def no_other_account(found: Listing) -> None:
    assert got(found, CrossAccountFilterOption="SameAccount") == list(range(7))
    assert got(found, CrossAccountFilterOption="CrossAccount") == []


def versions_only(found: Listing) -> None:
    assert got(found, ModelPackageType="Versioned") == list(range(7))
    assert got(found, ModelPackageType="Both") == list(range(7))
    assert got(found, ModelPackageType="Unversioned") == []


def by_prefix(found: Listing) -> None:
    assert got(found, PipelineNamePrefix=found.own(2, NAMED[2])) == [2]
    assert got(found, PipelineNamePrefix=found.mark(2, NAMED[2])) == []


def never_connected(member: str, value: Any) -> Callable[[Listing], None]:
    def check(found: Listing) -> None:
        assert got(found, **{member: value}) == []

    return check


def no_filter(found: Listing) -> None:
    assert got(found, IncludeNodeLogicalIds=True) == list(range(7))


CHECKS: dict[tuple[str, str], Callable[[Listing], None]] = {
    ("ListHubContents", "MaxSchemaVersion"): bounded(
        "MaxSchemaVersion", "DocumentSchemaVersion", True, "1.0.0", "1.9.0", "1.10.0"
    ),
    ("ListHubContentVersions", "MaxSchemaVersion"): bounded(
        "MaxSchemaVersion", "DocumentSchemaVersion", True, "1.0.0", "1.9.0", "1.10.0"
    ),
    ("ListTrainingPlans", "StartTimeAfter"): bounded("StartTimeAfter", "StartTime", False, 5e9, 6e9, 7e9),
    ("ListTrainingPlans", "StartTimeBefore"): bounded("StartTimeBefore", "StartTime", True, 5e9, 6e9, 7e9),
    ("ListModelPackageGroups", "CrossAccountFilterOption"): no_other_account,
    ("ListModelPackages", "ModelPackageType"): versions_only,
    ("ListPipelines", "PipelineNamePrefix"): by_prefix,
    ("ListPipelines", "ManagedBy"): of_customers,
    ("ListPipelineExecutions", "PipelineVersionAlias"): of_alias,
    ("ListUserProfiles", "UserProfileNameContains"): by_name("UserProfileNameContains"),
    ("ListSpaces", "SpaceNameContains"): by_name("SpaceNameContains"),
    ("ListModelCardExportJobs", "ModelCardExportJobNameContains"): by_name("ModelCardExportJobNameContains"),
    ("ListHubContentVersions", "MinVersion"): least_version,
    ("ListTrainingPlans", "Filters"): in_status,
    ("ListTrials", "ExperimentName"): of_two_experiments,
    ("ListTrials", "TrialComponentName"): associated,
    ("ListTrialComponents", "SourceArn"): of_source,
    ("ListTrialComponents", "TrialName"): of_trial,
    ("ListTrialComponents", "ExperimentName"): of_experiment,
    ("ListDevices", "LatestHeartbeatAfter"): never_connected("LatestHeartbeatAfter", BEGIN),
    ("ListDevices", "ModelName"): never_connected("ModelName", "model"),
    ("ListClusterNodes", "IncludeNodeLogicalIds"): no_filter,
}

# List and value of SortBy that no name, time or status stands for -> path of the record, and the value of copy n.
SORTED: dict[tuple[str, str], tuple[str, Callable[[int], Any]]] = {
    ("ListTrainingPlans", "StartTime"): ("StartTime", lambda n: 5e9 + NAMED[n]),
    ("ListEdgePackagingJobs", "MODEL_NAME"): ("ModelName", lambda n: f"model-{CREATED[n]}"),
    ("ListFeatureGroups", "OfflineStoreStatus"): (
        "OfflineStoreStatus.Status",
        lambda n: OFFLINE[n % 3],
    ),
    ("ListMlflowApps", "Name"): ("Name", lambda n: f"app-{CREATED[n]}"),
    ("ListTrainingJobsForHyperParameterTuningJob", "FinalObjectiveMetricValue"): (
        "FinalHyperParameterTuningJobObjectiveMetric.Value",
        lambda n: CREATED[n] - 3.5,
    ),
    ("ListEdgeDeploymentPlans", "DEVICE_FLEET_NAME"): ("DeviceFleetName", lambda n: f"fleet-{CREATED[n]}"),
}
