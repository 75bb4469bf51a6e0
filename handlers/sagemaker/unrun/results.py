"""What callers ask about the results of work that is not run: there are none, and the answers say so."""

from __future__ import annotations

from dataclasses import replace

from emulator.aws.call import Call
from emulator.aws.registry import keeps, operation, refused
from emulator.errors import not_found, validation
from emulator.services import Services
from handlers.sagemaker import crud
from handlers.sagemaker.listing import answer, nothing, page
from handlers.sagemaker.resource import SERVICE, Record
from handlers.sagemaker.resources import RESOURCES

RECOMMENDATIONS = RESOURCES["InferenceRecommendationsJob"]
TUNING = RESOURCES["HyperParameterTuningJob"]
TUNED = replace(
    RESOURCES["TrainingJob"],
    paths={"HyperParameterTuningJobName": "_TuningJobName"},
    sorts={"FinalObjectiveMetricValue": "FinalHyperParameterTuningJobObjectiveMetric.Value"},
)


@operation(SERVICE, "ListInferenceRecommendationsJobSteps", does=keeps("no steps: no job is run"))
def list_recommendation_steps(call: Call, services: Services) -> Record:
    """No endpoint has been loaded, so there are no steps."""
    crud.find(RECOMMENDATIONS, call, services)
    return nothing("Steps", call)


@operation(SERVICE, "GetScalingConfigurationRecommendation", does=refused("Nothing is measured here."))
def get_scaling_recommendation(call: Call, services: Services) -> Record:
    """Refused for every job: scaling is worked out from measurements."""
    name = call.params["InferenceRecommendationsJobName"]
    if services.store.records.get(call.scope, RECOMMENDATIONS.noun, name) is None:
        raise RECOMMENDATIONS.missing_error(call, name)
    raise validation(f"Inference recommendations job {name} has no recommendations to work out a scaling policy from.")


@operation(SERVICE, "ListTrainingJobsForHyperParameterTuningJob", does=TUNING.doing("List"))
def list_tuned(call: Call, services: Services) -> Record:
    """The training jobs of a tuning job."""
    crud.find(TUNING, call, services)
    return answer("TrainingJobSummaries", page(TUNED, call, services))


@operation(SERVICE, "ListJobSchemaVersions", does=keeps("none: the schemas are not published"))
def list_job_schemas(call: Call, services: Services) -> Record:
    """None: the schemas of the categories are AWS's and not published with the model of the API."""
    return nothing("JobConfigSchemas", call)


@operation(SERVICE, "DescribeJobSchemaVersion", does=refused("The schemas are AWS's and not published."))
def describe_job_schema(call: Call, services: Services) -> Record:
    """Not there, as the list says."""
    version = call.params.get("JobConfigSchemaVersion", "latest")
    raise not_found(f"Schema version '{version}' of {call.params['JobCategory']} does not exist.")
