# boto3's own way to the CRT (TransferConfig(preferred_transfer_client="crt")) cannot speak to a plain HTTP endpoint:
# boto3/crt.py sets use_ssl=True whatever the endpoint, and the handshake meets a port without TLS (measured: boto3
# 1.43, AWS_IO_SOCKET_CLOSED). So the same transfer manager is made as the AWS command line v2 makes it.
import os
import sys
import tempfile
from pathlib import Path

import boto3
import botocore.session
from s3transfer.crt import (
    BotocoreCRTCredentialsWrapper,
    BotocoreCRTRequestSerializer,
    CRTTransferManager,
    create_s3_crt_client,
)

bucket = sys.argv[1]
endpoint = os.environ["AWS_ENDPOINT_URL"]
client = boto3.client("s3")
client.create_bucket(Bucket=bucket)
session = botocore.session.Session()
provider = BotocoreCRTCredentialsWrapper(session.get_credentials()).to_crt_credentials_provider()
crt = create_s3_crt_client("us-east-1", provider, use_ssl=False)
serializer = BotocoreCRTRequestSerializer(session, {"region_name": "us-east-1", "endpoint_url": endpoint})
sizes = (0, 1000, 40 << 20)
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    # A download gets its file's name in a callback that may run after result(); leaving the manager waits for those.
    with CRTTransferManager(crt, serializer) as manager:
        for size in sizes:
            (folder / f"source-{size}").write_bytes(os.urandom(size))
            manager.upload(str(folder / f"source-{size}"), bucket, f"key é {size}").result()
            manager.download(bucket, f"key é {size}", str(folder / f"target-{size}")).result()
        assert client.head_object(Bucket=bucket, Key=f"key é {sizes[-1]}")["ETag"].endswith('-5"'), (
            "no multipart upload"
        )
        manager.delete(bucket, f"key é {sizes[0]}").result()
    for size in sizes:
        assert (folder / f"target-{size}").read_bytes() == (folder / f"source-{size}").read_bytes(), size
client.put_object(Bucket=bucket, Key="crc64", Body=b"x", ChecksumAlgorithm="CRC64NVME")
found = client.get_object(Bucket=bucket, Key="crc64", ChecksumMode="ENABLED")
assert found["Body"].read() == b"x"
assert found["ChecksumCRC64NVME"]
