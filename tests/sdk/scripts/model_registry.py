"""What a user writes with the SDK v2 to register, approve, find and transform with a model. Prints one JSON line."""

import json
import tarfile
import tempfile
from pathlib import Path

import sagemaker
from sagemaker import ModelPackage, image_uris
from sagemaker.model import Model

session = sagemaker.Session()
role = sagemaker.get_execution_role()
folder = Path(tempfile.mkdtemp())
(folder / "weights.txt").write_text("0.5")
with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
    tar.add(folder / "weights.txt", "weights.txt")
data = session.upload_data(str(folder / "model.tar.gz"), session.default_bucket(), "registry")

image = image_uris.retrieve("sklearn", session.boto_region_name, "1.2-1")
model = Model(image_uri=image, model_data=data, role=role, sagemaker_session=session)
packages = [
    model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name="registry-by-sdk",
        description=f"version {number}",
    )
    for number in (1, 2)
]
packages[1].update_approval_status("Approved", approval_description="good enough")

client = session.sagemaker_client
found = client.search(
    Resource="ModelPackage",
    SearchExpression={
        "Filters": [
            {"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": "registry-by-sdk"},
            {"Name": "ModelApprovalStatus", "Operator": "Equals", "Value": "Approved"},
        ]
    },
)["Results"]
latest = client.list_model_packages(
    ModelPackageGroupName="registry-by-sdk", ModelApprovalStatus="Approved", MaxResults=1
)["ModelPackageSummaryList"]
deployable = ModelPackage(role=role, model_package_arn=packages[1].model_package_arn, sagemaker_session=session)
deployable.create(instance_type="ml.m5.large")
described = client.describe_model(ModelName=deployable.name)

print(
    "RESULT "
    + json.dumps(
        {
            "arns": [package.model_package_arn for package in packages],
            "searched": [result["ModelPackage"]["ModelPackageArn"] for result in found],
            "latest": [summary["ModelPackageArn"] for summary in latest],
            "model_of": described["Containers"][0]["ModelPackageName"],
        }
    )
)
