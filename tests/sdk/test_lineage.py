"""The SDK v2's lineage classes, unmodified: Artifact, Action, Context, Association, LineageQuery and the visualizer."""

from __future__ import annotations

import sys

from tests.sdk.conftest import SCRIPTS, RunCommand, result


def test_lineage_by_hand_and_by_itself(run_command: RunCommand) -> None:
    found = result(run_command(sys.executable, str(SCRIPTS / "lineage.py")))
    assert found["action"] == ["Completed", {"seconds": "3"}]
    assert found["artifacts"] == ["the-data"]
    assert found["actions"] == [["the-step", "Completed"]]
    assert found["associations"] == [["the-data", "DataSet", "ContributedTo", "the-step"]]
    assert found["upstream"] == ["the-step"]
    assert found["of the step"] == [True]
    assert found["left"] == 0

    assert found["job table"] == [
        ["Input", "DataSet", "ContributedTo", "artifact"],
        ["Input", "Image", "ContributedTo", "artifact"],
        ["Output", "Model", "Produced", "artifact"],
    ]
    assert found["package table"] == [
        ["Input", "Approval", "ContributedTo", "action"],
        ["Input", "Image", "ContributedTo", "artifact"],
        ["Input", "Model", "ContributedTo", "artifact"],
        ["Output", "ModelGroup", "AssociatedWith", "context"],
    ]
    assert found["training jobs"] == [True]
    assert found["datasets"] == [True]
    assert found["component"] == [True]
    assert found["models' endpoints"] == []
    assert found["execution"] is None
    assert found["vertices"] == [["Artifact", "Model"], ["Artifact", "ModelPackage"], ["Context", "ModelGroup"]]
    assert found["edges"] == ["AssociatedWith", "ContributedTo"]
    assert found["group"] == "lineage-group"
    assert found["approval"] == ["Approval", "Completed"]
    assert found["downstream"] == []
