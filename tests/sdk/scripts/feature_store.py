"""What a user writes with the SDK v2's feature store: create, ingest, read, query, delete. One JSON line at the end."""

import json
import time

import boto3
import pandas as pd
import sagemaker
from sagemaker.feature_store.feature_group import FeatureGroup
from sagemaker.feature_store.feature_store import FeatureStore
from sagemaker.feature_store.inputs import FeatureParameter, FeatureValue

session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role()
runtime = boto3.client("sagemaker-featurestore-runtime")

name = f"customers-{int(time.time() * 1000)}"
frame = pd.DataFrame(
    {
        "customer_id": [1, 2, 3, 4],
        "city": ["Berlin", "Paris", "Rome", 'a "quoted", one'],
        "spent": [10.5, 20.25, None, 1e9],
        "event_time": [1700000000.0, 1700000100.0, 1700000200.0, 1700003600.0],
    }
)
frame["city"] = frame["city"].astype("string")
group = FeatureGroup(name=name, sagemaker_session=session)
group.load_feature_definitions(data_frame=frame)
group.create(
    s3_uri=f"s3://{bucket}/features",
    record_identifier_name="customer_id",
    event_time_feature_name="event_time",
    role_arn=role,
    enable_online_store=True,
    tags=[{"Key": "team", "Value": "one"}],
)
while group.describe()["FeatureGroupStatus"] == "Creating":
    time.sleep(0.2)

group.ingest(data_frame=frame, max_workers=2, max_processes=2, wait=True)
group.put_record(
    [FeatureValue("customer_id", "1"), FeatureValue("event_time", "1700009999.0"), FeatureValue("spent", "11")]
)
group.delete_record("2", "1700009999.0")
record = group.get_record("1")
group.update_feature_metadata("city", parameter_additions=[FeatureParameter("kind", "place")])

query = group.athena_query()
columns = "customer_id, city, spent, is_deleted"
query.run(
    query_string=f'SELECT {columns} FROM "{query.table_name}" ORDER BY customer_id, event_time',
    output_location=f"s3://{bucket}/results",
)
query.wait()
rows = query.as_dataframe()

store = FeatureStore(session)
listed = store.list_feature_groups(name_contains=name)["FeatureGroupSummaries"]
dataset, text = store.create_dataset(base=group, output_path=f"s3://{bucket}/datasets").to_dataframe()
people = pd.DataFrame({"customer_id": [1, 3], "seen": [1700000500.0, 1700000500.0], "label": [0, 1]})
joined, _ = (
    store.create_dataset(
        base=people,
        output_path=f"s3://{bucket}/datasets",
        record_identifier_feature_name="customer_id",
        event_time_identifier_feature_name="seen",
    )
    .with_feature_group(group, "customer_id", ["city", "spent"])
    .point_in_time_accurate_join()
    .to_dataframe()
)
group.delete()

print(
    "RESULT "
    + json.dumps(
        {
            "record": {entry["FeatureName"]: entry["ValueAsString"] for entry in record},
            "listed": [entry["FeatureGroupName"] for entry in listed],
            "name": name,
            "rows": json.loads(rows.to_json(orient="values")),
            "columns": list(rows.columns),
            "dataset": json.loads(dataset.sort_values(["customer_id", "event_time"]).to_json(orient="records")),
            "joined": json.loads(joined.sort_values("customer_id").to_json(orient="records")),
        }
    )
)
