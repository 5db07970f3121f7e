import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { type Serving, serve } from "../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { ask, makeBinaryRequest, makeRequest } from "./asking.ts";
import { computeLogits, writeVersion } from "./made_models.ts";

afterAll(removeFolders);

const ROWS = [
  [1, 2, 3],
  [-1, 0.5, 0],
];
const CLASS_NAMES = ["ant", "bee", "cat"];

describe("the Open Inference Protocol over HTTP", () => {
  let serving: Serving;
  let [folder, url] = ["", ""];

  beforeAll(async () => {
    folder = await makeFolder({});
    await writeVersion(folder, 0, { classNames: CLASS_NAMES });
    await writeVersion(folder, 1, { classNames: CLASS_NAMES });
    serving = await serve({ models: [{ path: folder, name: "made" }], maxRows: 500, maxBodyBytes: 20_000 });
    url = serving.url;
  });

  afterAll(async () => {
    await serving.close();
  });

  const infer = (body: unknown, headers = {}) => ask(`${url}/v2/models/made/infer`, { body, headers });

  test("says that it is live and ready, and what it is", async () => {
    for (const path of [
      "/v2/health/live",
      "/v2/health/ready",
      "/v2/models/made/ready",
      "/v2/models/made/versions/0/ready",
    ]) {
      expect((await ask(url + path)).status).toBe(200);
    }
    const { json } = await ask(`${url}/v2`);
    expect(json.name).toBe("firn");
    expect(json.extensions).toContain("binary_tensor_data");
  });

  test("describes models, versions and their configuration", async () => {
    const { json } = await ask(`${url}/v2/models/made`);
    expect(json.versions).toEqual(["0", "1"]);
    expect(json.inputs).toEqual([{ name: "input", datatype: "FP32", shape: [-1, 3] }]);
    expect(json.outputs).toEqual([{ name: "logits", datatype: "FP32", shape: [-1, 3] }]);
    expect(json.class_names).toEqual(CLASS_NAMES);
    const { json: config } = await ask(`${url}/v2/models/made/versions/1/config`);
    expect(config.input).toEqual([{ name: "input", data_type: "TYPE_FP32", dims: [3] }]);
    expect(config.max_batch_size).toBeGreaterThanOrEqual(1);
    const { json: index } = await ask(`${url}/v2/repository/index`, { method: "POST" });
    expect(index.map(({ version, state }: { version: string; state: string }) => [version, state])).toEqual([
      ["0", "READY"],
      ["1", "READY"],
    ]);
  });

  test("answers JSON, nested or flat, by the newest version or the one that is asked for", async () => {
    const newest = await infer(makeRequest(ROWS, { id: "first" }));
    const data = ROWS.flatMap((row) => computeLogits(row, { shift: 1 }));
    expect(newest.json).toEqual({
      id: "first",
      model_name: "made",
      model_version: "1",
      outputs: [{ name: "logits", datatype: "FP32", shape: [2, 3], data }],
    });
    expect(newest.headers.get("firn-version")).toBe("1");
    const flat = { inputs: [{ name: "input", datatype: "FP32", shape: [2, 3], data: ROWS.flat() }] };
    expect((await infer(flat)).json.outputs[0].data).toEqual(data);
    const old = ROWS.flatMap((row) => computeLogits(row));
    const byPath = await ask(`${url}/v2/models/made/versions/0/infer`, { body: makeRequest(ROWS) });
    const byHeader = await infer(makeRequest(ROWS), { "firn-version": "0" });
    for (const { json, headers } of [byPath, byHeader]) {
      expect(json.outputs[0].data).toEqual(old);
      expect(headers.get("firn-version")).toBe("0");
    }
  });

  test("answers binary tensors, wherever they begin", async () => {
    const requests = [undefined, undefined, "", "a", "ab", "abc", undefined].map((id, i) => ({
      id,
      rows: ROWS.slice(i % 2),
    }));
    for (const { id, rows } of requests) {
      const more = { ...(id === undefined ? {} : { id }), parameters: { binary_data_output: true } };
      const { body, headers } = makeBinaryRequest(Float32Array.from(rows.flat()), [rows.length, 3], more);
      const response = await fetch(`${url}/v2/models/made/infer`, {
        method: "POST",
        body: new Uint8Array(body),
        headers,
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const headBytes = Number(response.headers.get("inference-header-content-length"));
      const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, headBytes)));
      const parameters = { binary_data_size: rows.length * 12 };
      expect(head).toEqual({
        ...(id === undefined ? {} : { id }),
        model_name: "made",
        model_version: "1",
        outputs: [{ name: "logits", datatype: "FP32", shape: [rows.length, 3], parameters }],
      });
      const values = new Float32Array(bytes.slice(headBytes).buffer);
      expect([...values]).toEqual(rows.flatMap((row) => computeLogits(row, { shift: 1 })));
    }
  });

  test("takes a body without JSON where the header says so", async () => {
    const body = new Uint8Array(Float32Array.from(ROWS.flat()).buffer);
    const response = await fetch(`${url}/v2/models/made/infer`, {
      method: "POST",
      body,
      headers: { "inference-header-content-length": "0" },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const headBytes = Number(response.headers.get("inference-header-content-length"));
    expect(new Float32Array(bytes.slice(headBytes).buffer)[0]).toBe(3);
  });

  test("names the best classes", async () => {
    const outputs = [{ name: "logits", parameters: { classification: 2 } }];
    const { json } = await infer(makeRequest(ROWS, { outputs }));
    expect(json.outputs[0]).toEqual({
      name: "logits",
      datatype: "BYTES",
      shape: [2, 2],
      data: ["7:2:cat", "5:1:bee", "2:1:bee", "1:2:cat"],
    });
  });

  test("unpacks requests, and packs answers that are worth it", async () => {
    const body = JSON.stringify(makeRequest(ROWS));
    for (const [encoding, packed] of [
      ["gzip", gzipSync(body)],
      ["deflate", deflateSync(body)],
    ] as const) {
      const { status, json } = await infer(new Uint8Array(packed), { "content-encoding": encoding });
      expect({ status, version: json.model_version }).toEqual({ status: 200, version: "1" });
    }
    const many = makeRequest(Array.from({ length: 400 }, () => [1, 2, 3]));
    const answer = await infer(many, { "accept-encoding": "gzip" });
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(answer.json.outputs[0].data.length).toBe(1200);
  });

  test("counts what it answered", async () => {
    const count = async () => (await ask(`${url}/v2/models/made/versions/1/stats`)).json.model_stats[0];
    const before = await count();
    await infer(makeRequest(ROWS));
    const after = await count();
    expect(after.inference_count - before.inference_count).toBe(2);
    expect(after.inference_stats.success.count - before.inference_stats.success.count).toBe(1);
  });

  const big = makeRequest(Array.from({ length: 501 }, () => [1, 2, 3]));
  const input = makeRequest(ROWS).inputs[0];
  const nested = `{"inputs":${"[".repeat(5000)}${"]".repeat(5000)}}`;
  const objects = `${'{"a":['.repeat(2000)}1${"]}".repeat(2000)}`;
  const withInput = (change: object) => ({ inputs: [{ ...input, ...change }] });
  const REFUSED: readonly (readonly [string, unknown, number, RegExp])[] = [
    ["no JSON", "x", 400, /not JSON/],
    ["nothing", "", 400, /got nothing/],
    ["a list", [], 400, /must be an object/],
    ["no inputs", {}, 400, /inputs must be a list/],
    ["empty inputs", { inputs: [] }, 400, /"input" is missing/],
    ["brackets", nested, 400, /nested at most/],
    ["brackets between objects", objects, 400, /nested at most/],
    ["another input", withInput({ name: "x" }), 400, /unknown input "x"/],
    ["an input twice", { inputs: [input, input] }, 400, /given twice/],
    ["another type", withInput({ datatype: "FP64" }), 400, /must be of datatype FP32, got "FP64"/],
    ["another shape", withInput({ shape: [3, 2] }), 400, /must have the shape \[rows, 3\]/],
    ["no rows", withInput({ shape: [0, 3], data: [] }), 400, /at least 1 row/],
    ["huge rows", withInput({ shape: [1e15, 3] }), 413, /at most 500 rows/],
    ["a few values", withInput({ data: [1, 2] }), 400, /must have 6 values/],
    ["texts", withInput({ data: ["a", 1, 2, 3, 4, 5] }), 400, /must hold numbers, got "a"/],
    ["lists too deep", withInput({ data: [[[1, 2, 3]], [[1, 2, 3]]] }), 400, /must have 6 values/],
    ["infinity", withInput({ data: [1e39, 1, 1, 1, 1, 1] }), 400, /NaN or infinity/],
    ["too many rows", big, 413, /at most 500 rows/],
    ["an unknown output", makeRequest(ROWS, { outputs: [{ name: "y" }] }), 400, /unknown output "y"/],
    ["an id of another kind", makeRequest(ROWS, { id: 3 }), 400, /id must be a string/],
    ["a large body", " ".repeat(20_001), 413, /at most 20000 bytes/],
    [
      "binary data that is not there",
      withInput({ parameters: { binary_data_size: 24 }, data: undefined }),
      400,
      /is missing/,
    ],
  ];

  for (const [what, body, status, message] of REFUSED) {
    test(`refuses ${what} with ${status}`, async () => {
      const answer = await infer(body);
      expect({ status: answer.status, error: answer.json.error }).toEqual({
        status,
        error: expect.stringMatching(message),
      });
    });
  }

  test("refuses binary tensors of another length than they say", async () => {
    const { body, headers } = makeBinaryRequest(Float32Array.from(ROWS.flat()), [2, 3]);
    const send = (bytes: Uint8Array, more = {}) => infer(bytes, { ...headers, ...more });
    expect((await send(body.subarray(0, body.length - 1))).json.error).toMatch(/needs 24 bytes/);
    expect((await send(Uint8Array.of(...body, 0))).json.error).toMatch(/1 bytes are left/);
    expect((await send(body, { "inference-header-content-length": "9999" })).status).toBe(400);
    expect((await send(body, { "inference-header-content-length": "x" })).status).toBe(400);
  });

  test("refuses bodies that are packed badly, or unpack to too much", async () => {
    const encoding = (name: string) => ({ "content-encoding": name });
    expect((await infer(Uint8Array.of(1, 2, 3), encoding("gzip"))).status).toBe(400);
    expect((await infer(new Uint8Array(gzipSync(" ".repeat(1e6))), encoding("gzip"))).status).toBe(413);
    expect((await infer("x", encoding("br"))).status).toBe(415);
  });

  test("bounds bodies in chunks without a length", async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(8192).fill(32));
      },
    });
    const options = { method: "POST", body, duplex: "half" };
    const status = await fetch(`${url}/v2/models/made/infer`, options).then(
      async (response) => ({ status: response.status, json: await response.json() }),
      () => "the connection was ended",
    );
    if (typeof status !== "string") expect(status.status).toBe(413);
    expect((await ask(`${url}/v2/health/live`)).status).toBe(200);
  });

  test("answers other paths and methods with errors", async () => {
    expect((await ask(`${url}/v2/models/other/infer`, { body: makeRequest(ROWS) })).status).toBe(404);
    expect((await ask(`${url}/v2/models/made/versions/7/infer`, { body: makeRequest(ROWS) })).status).toBe(404);
    expect((await ask(`${url}/nothing`)).json.error).toMatch(/nothing at/);
    const wrongMethod = await ask(`${url}/v2/models/made/infer`);
    expect({ status: wrongMethod.status, allow: wrongMethod.headers.get("allow") }).toEqual({
      status: 405,
      allow: "POST",
    });
    expect((await ask(`${url}/v2/models/%E0%A4%A/ready`)).status).toBe(400);
  });

  test("keeps pages of others from changing something", async () => {
    const path = `${url}/v2/models/made/rollback`;
    const answer = await ask(path, { method: "POST", headers: { origin: "http://elsewhere.example" } });
    expect(answer.status).toBe(403);
  });
});

test("serve() asks for the token where one is set", async () => {
  const folder = await makeFolder({});
  await writeVersion(folder, 0);
  await writeVersion(folder, 1);
  await using serving = await serve({ models: [{ path: folder, name: "made" }], token: "secret" });
  const rollback = (headers: Record<string, string>) =>
    ask(`${serving.url}/v2/models/made/rollback`, { method: "POST", headers });
  expect((await rollback({})).status).toBe(401);
  expect((await rollback({ authorization: "Bearer wrong" })).status).toBe(401);
  expect((await rollback({ authorization: "Bearer secret" })).json).toEqual({ model_name: "made", model_version: "0" });
});

test("serve() refuses what it cannot do before it begins", async () => {
  const folder = await makeFolder({});
  const models = [{ path: folder }];
  await expect(serve({ models, host: "0.0.0.0" })).rejects.toThrow(/token is required/);
  await expect(serve({ models, shadow: true, canary: 0.1 })).rejects.toThrow(/exclude each other/);
  await expect(serve({ models: [{ path: join(folder, "missing") }] })).rejects.toThrow(/no such file/);
  await expect(serve({ models: [...models, ...models] })).rejects.toThrow(/two models are called/);
});

test("serve() refuses a file that no version can be made of", async () => {
  const path = join(await makeFolder({ "README.md": "No model." }), "README.md");
  await expect(serve({ models: [{ path }] })).rejects.toThrow(/README.md.*ONNX/);
});
