"""What a user writes with the SDK v2's model cards and monitors: a card, its PDF, a schedule; one JSON line."""

import json
import tempfile
import time
from pathlib import Path

import sagemaker
from sagemaker.model_card import IntendedUses, ModelCard, ModelCardStatusEnum, ModelOverview
from sagemaker.model_monitor import (
    BatchTransformInput,
    CronExpressionGenerator,
    DefaultModelMonitor,
    MonitoringDatasetFormat,
)
from sagemaker.s3 import S3Downloader

session = sagemaker.Session()
bucket, name = session.default_bucket(), f"governed-{int(time.time() * 1000)}"

card = ModelCard(
    name=name,
    status=ModelCardStatusEnum.DRAFT,
    model_overview=ModelOverview(model_description="first words", problem_type="Regression"),
    intended_uses=IntendedUses(purpose_of_model="tests"),
    sagemaker_session=session,
)
card.create()
card.model_overview.model_description = "other words"
card.update()
card.status = ModelCardStatusEnum.APPROVED
card.update()
loaded = ModelCard.load(name, sagemaker_session=session)
state = [loaded.status.value, loaded.version, loaded.model_overview.model_description]
exported = loaded.export_pdf(s3_output_path=f"s3://{bucket}/cards", export_job_name="export")
folder = Path(tempfile.mkdtemp())
S3Downloader.download(exported, str(folder), sagemaker_session=session)
(pdf,) = folder.iterdir()
versions = [(one["ModelCardVersion"], one["ModelCardStatus"]) for one in card.get_version_history()]
loaded.delete()

monitor = DefaultModelMonitor(role=sagemaker.get_execution_role(), instance_count=1, sagemaker_session=session)
monitor.create_monitoring_schedule(
    batch_transform_input=BatchTransformInput(
        data_captured_destination_s3_uri=f"s3://{bucket}/captured",
        destination="/opt/ml/processing/input",
        dataset_format=MonitoringDatasetFormat.csv(header=True),
    ),
    output_s3_uri=f"s3://{bucket}/reports",
    monitor_schedule_name=name,
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
monitor.stop_monitoring_schedule()
statuses = [monitor.describe_schedule()["MonitoringScheduleStatus"]]
monitor.start_monitoring_schedule()
statuses.append(monitor.describe_schedule()["MonitoringScheduleStatus"])
monitor.update_monitoring_schedule(schedule_cron_expression=CronExpressionGenerator.daily())
daily = monitor.describe_schedule()["MonitoringScheduleConfig"]["ScheduleConfig"]["ScheduleExpression"]
executions = monitor.list_executions()
monitor.delete_monitoring_schedule()

found = {
    "loaded": state,
    "versions": versions,
    "pdf": pdf.read_bytes().decode("latin-1"),
    "statuses": statuses,
    "daily": daily,
    "executions": executions,
}
print("RESULT " + json.dumps(found))
