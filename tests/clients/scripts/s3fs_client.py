import os
import sys

import s3fs

bucket = sys.argv[1]
files = s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], use_listings_cache=False)
files.mkdir(bucket)
data = os.urandom(12 << 20)
with files.open(f"{bucket}/a/large.bin", "wb", block_size=5 << 20) as out:
    out.write(data)
with files.open(f"{bucket}/a/large.bin", "rb") as back:
    back.seek(6 << 20)
    assert back.read(1000) == data[6 << 20 :][:1000]
files.pipe({f"{bucket}/a/é {number}+%.txt": b"x" * number for number in range(5)})
assert len(files.ls(f"{bucket}/a")) == 6
assert files.cat(f"{bucket}/a/é 3+%.txt") == b"xxx"
files.copy(f"{bucket}/a/large.bin", f"{bucket}/b/copy.bin")
assert files.info(f"{bucket}/b/copy.bin")["size"] == len(data)
files.rm(f"{bucket}/a", recursive=True)
assert files.find(bucket) == [f"{bucket}/b/copy.bin"]
