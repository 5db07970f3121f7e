import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Serving, serve } from "../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { GrpcCaller } from "./grpc_caller.ts";
import { writeVersion } from "./made_models.ts";

afterAll(removeFolders);

describe("the Open Inference Protocol over gRPC", () => {
  let serving: Serving;
  let client: GrpcCaller;

  beforeAll(async () => {
    const folder = await makeFolder({});
    for (const version of [0, 1]) await writeVersion(folder, version);
    serving = await serve({ models: [{ path: folder, name: "made" }], grpcPort: 0, token: "secret" });
    client = new GrpcCaller(serving.grpcPort);
  });

  afterAll(async () => {
    client.close();
    await serving.close();
  });

  const input = { name: "input", datatype: "FP32", shape: [1, 3] };
  const raw = [new Uint8Array(Float32Array.of(1, 2, 3).buffer)];
  const readValues = (bytes: Uint8Array) => [...new Float32Array(new Uint8Array(bytes).buffer)];
  const call: GrpcCaller["call"] = (...words) => client.call(...words);

  test("answers raw tensors and typed ones, by the version that is asked for", async () => {
    const newest = await call("ModelInfer", { model_name: "made", id: "a", inputs: [input], raw_input_contents: raw });
    expect({ version: newest.model_version, id: newest.id }).toEqual({ version: "1", id: "a" });
    expect(newest.outputs).toEqual([{ name: "logits", datatype: "FP32", shape: [1, 3] }]);
    expect(readValues(newest.raw_output_contents[0])).toEqual([3, 5, 7]);
    const typed = { ...input, contents: { fp32_contents: [1, 2, 3] } };
    const oldest = await call("ModelInfer", { model_name: "made", model_version: "0", inputs: [typed] });
    expect(readValues(oldest.raw_output_contents[0])).toEqual([2, 4, 6]);
    const pinned = await call("ModelInfer", { model_name: "made", inputs: [typed] }, { "firn-version": "0" });
    expect(pinned.model_version).toBe("0");
  });

  test("describes models", async () => {
    expect((await call("ServerReady", {})).ready).toBe(true);
    expect((await call("ModelReady", { name: "other" })).ready).toBe(false);
    expect((await call("ModelMetadata", { name: "made" })).inputs).toEqual([{ ...input, shape: [-1, 3] }]);
    expect((await call("ModelConfig", { name: "made" })).config.input[0]).toEqual({
      name: "input",
      data_type: 11,
      dims: [3],
    });
    expect((await call("RepositoryIndex", {})).models).toHaveLength(2);
    expect((await call("ModelStatistics", { name: "made" })).model_stats).toHaveLength(2);
  });

  test("refuses with the codes of gRPC", async () => {
    const infer = (message: object) =>
      client.fail(call("ModelInfer", { model_name: "made", inputs: [input], ...message }));
    expect(await infer({ model_name: "other", raw_input_contents: raw })).toMatchObject({ code: 5 });
    expect(await infer({})).toMatchObject({ code: 3, details: expect.stringMatching(/must have 3 values/) });
    expect(await infer({ raw_input_contents: [new Uint8Array(4)] })).toMatchObject({ code: 3 });
    expect(await infer({ raw_input_contents: [...raw, ...raw] })).toMatchObject({ code: 3 });
    expect(await client.fail(call("RepositoryModelUnload", { model_name: "made" }))).toMatchObject({ code: 16 });
    const headers = { authorization: "Bearer secret" };
    expect(await client.fail(call("RepositoryModelLoad", { model_name: "other" }, headers))).toMatchObject({ code: 5 });
  });
});
