import os
import sys

import awswrangler as wr
import boto3
import pandas as pd

bucket = sys.argv[1]
wr.config.s3_endpoint_url = os.environ["AWS_ENDPOINT_URL"]
boto3.client("s3").create_bucket(Bucket=bucket)
frame = pd.DataFrame({"number": range(1000), "name": [f"n{number}" for number in range(1000)]})
wr.s3.to_parquet(frame, f"s3://{bucket}/parquet/", dataset=True)
assert len(wr.s3.read_parquet(f"s3://{bucket}/parquet/", dataset=True)) == 1000
wr.s3.to_csv(frame, f"s3://{bucket}/csv/one.csv", index=False)
assert wr.s3.read_csv(f"s3://{bucket}/csv/one.csv").equals(frame)
assert wr.s3.does_object_exist(f"s3://{bucket}/csv/one.csv")
wr.s3.copy_objects([f"s3://{bucket}/csv/one.csv"], f"s3://{bucket}/csv", f"s3://{bucket}/copy")
assert wr.s3.size_objects(f"s3://{bucket}/copy/") != {}
wr.s3.delete_objects(f"s3://{bucket}/")
assert wr.s3.list_objects(f"s3://{bucket}/") == []
