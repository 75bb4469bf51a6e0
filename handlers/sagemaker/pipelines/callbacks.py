"""Answers to callback steps: refused, as the definitions that have such steps are (emulator/pipelines/steps)."""

from __future__ import annotations

from emulator.aws.registry import refuse

refuse(
    "sagemaker",
    "SendPipelineExecutionStepFailure",
    "SendPipelineExecutionStepSuccess",
    reason="Pipelines with Callback steps come later, so no step waits for this.",
)
