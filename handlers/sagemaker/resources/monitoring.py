"""What watches models: job definitions."""

from __future__ import annotations

from handlers.sagemaker.resource import Resource

ROWS = (
    *(
        Resource(
            f"{kind}JobDefinition",
            missing_text="Job Definition {arn} does not exist.",
            duplicate_text="Job definition name must be unique within an AWS account and region ({arn})",
            paths={
                "MonitoringJobDefinitionName": "JobDefinitionName",
                "MonitoringJobDefinitionArn": "JobDefinitionArn",
                "EndpointName": f"{kind}JobInput.EndpointInput.EndpointName",
            },
        )
        for kind in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    ),
)
