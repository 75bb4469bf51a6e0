import assert from "node:assert";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { createRequire } from "node:module";

// The packages lie in a cache folder, not beside this file.
const require = createRequire(process.argv[3] + "/");
const s3 = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");

const Bucket = process.argv[2];
const client = new s3.S3Client({ endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1", forcePathStyle: true });
const send = (Command, input) => client.send(new Command({ Bucket, ...input }));

await send(s3.CreateBucketCommand, {});
await send(s3.PutObjectCommand, { Key: "é/a+b %.txt", Body: "hello", Metadata: { colour: "blue" } });
const got = await send(s3.GetObjectCommand, { Key: "é/a+b %.txt", ChecksumMode: "ENABLED" });
assert.equal(await got.Body.transformToString(), "hello");
assert.equal(got.Metadata.colour, "blue");
const data = randomBytes(12 << 20);
const pieces = Readable.from([data.subarray(0, 7 << 20), data.subarray(7 << 20)]); // of unknown length
await new Upload({ client, params: { Bucket, Key: "large", Body: pieces } }).done();
const large = await send(s3.GetObjectCommand, { Key: "large" });
assert.ok(data.equals(await large.Body.transformToByteArray()));
await send(s3.CopyObjectCommand, { Key: "copy", CopySource: `${Bucket}/large` });
const names = [];
for await (const page of s3.paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
  names.push(...page.Contents.map((one) => one.Key));
}
assert.deepEqual(names, ["copy", "large", "é/a+b %.txt"]);
await send(s3.DeleteObjectsCommand, { Delete: { Objects: names.map((Key) => ({ Key })) } });
await send(s3.DeleteBucketCommand, {});
await assert.rejects(send(s3.GetObjectCommand, { Key: "large" }), { name: "NoSuchBucket" });
