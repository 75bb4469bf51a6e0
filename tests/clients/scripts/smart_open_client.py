import os
import sys

import boto3
from smart_open import open as smart_open

bucket = sys.argv[1]
client = boto3.client("s3")
client.create_bucket(Bucket=bucket)
options = {"client": client}
data = os.urandom(11 << 20)
with smart_open(f"s3://{bucket}/large", "wb", transport_params={**options, "min_part_size": 5 << 20}) as out:
    out.write(data)
with smart_open(f"s3://{bucket}/large", "rb", transport_params=options) as back:
    assert back.read() == data
    back.seek(-10, os.SEEK_END)
    assert back.read() == data[-10:]
with smart_open(f"s3://{bucket}/lines.txt.gz", "w", transport_params=options) as out:
    out.writelines(f"line {number}\n" for number in range(1000))
with smart_open(f"s3://{bucket}/lines.txt.gz", transport_params=options) as back:
    assert sum(1 for _ in back) == 1000
