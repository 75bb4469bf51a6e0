import os
import sys

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

bucket = sys.argv[1]
address = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
files = fs.S3FileSystem(
    endpoint_override=address, scheme="http", allow_bucket_creation=True, allow_bucket_deletion=True
)
files.create_dir(bucket)
table = pa.table({"number": range(300_000), "part": [number % 3 for number in range(300_000)]})
ds.write_dataset(table, f"{bucket}/data", filesystem=files, format="parquet", partitioning=["part"])
assert ds.dataset(f"{bucket}/data", filesystem=files, partitioning=["part"]).count_rows() == 300_000
with files.open_output_stream(f"{bucket}/one.parquet") as out:
    pq.write_table(table, out, compression="none")
assert pq.read_table(f"{bucket}/one.parquet", filesystem=files, columns=["number"]).num_rows == 300_000
files.copy_file(f"{bucket}/one.parquet", f"{bucket}/two.parquet")
files.move(f"{bucket}/two.parquet", f"{bucket}/three.parquet")
names = {info.path for info in files.get_file_info(fs.FileSelector(bucket, recursive=True)) if info.is_file}
assert {f"{bucket}/one.parquet", f"{bucket}/three.parquet"} < names, names
files.delete_dir(bucket)
