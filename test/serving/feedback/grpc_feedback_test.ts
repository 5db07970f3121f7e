import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseNpy } from "../../../src/data/readers/npy_reader.ts";
import { parseNpyTexts } from "../../../src/data/readers/npy_text.ts";
import { serve } from "../../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { GrpcCaller } from "../grpc_caller.ts";
import { writeVersion } from "../made_models.ts";

afterAll(removeFolders);

const HEADERS = { authorization: "Bearer secret" };

/** A tensor of so many rows, and its bytes. */
function makeRows(...values: readonly number[]) {
  const inputs = [{ name: "input", datatype: "FP32", shape: [values.length / 3, 3] }];
  return { inputs, raw_input_contents: [new Uint8Array(Float32Array.from(values).buffer)] };
}

describe("ModelFeedback", () => {
  test("keeps labels of answers and of inputs as an experience, with the rules of HTTP", async () => {
    const [path, folder] = [await makeFolder({}), join(await makeFolder({}), "data")];
    await writeVersion(path, 0, { classNames: ["ant", "bee", "cat"] });
    const models = [{ path, name: "made", feedback: folder }];
    await using serving = await serve({ models, grpcPort: 0, token: "secret", pollMs: 1e9 });
    const client = new GrpcCaller(serving.grpcPort);
    const tell = (message: object, headers: Record<string, string> = HEADERS) =>
      client.call("ModelFeedback", { model_name: "made", ...message }, headers);
    const refuse = (message: object, headers?: Record<string, string>) => client.fail(tell(message, headers));

    await client.call("ModelInfer", { model_name: "made", id: "first", ...makeRows(1, 2, 3, 4, 5, 6) });
    const answered = { id: "first", labels: [{ name: "bee" }, { column: 0 }] };
    const bearer = "this changes something: the header Authorization must be Bearer and the token";
    expect(await refuse(answered, {})).toEqual({ code: 16, details: bearer });
    expect(await refuse(answered, { authorization: "Bearer wrong" })).toEqual({ code: 16, details: bearer });
    expect(await client.fail(client.call("ModelFeedbackClose", { model_name: "made" }))).toMatchObject({ code: 16 });
    expect(await tell(answered, { ...HEADERS, "firn-from": "a person" })).toEqual({
      model_name: "made",
      rows: 2,
      collected_rows: 2,
      new_classes: [],
      experience: "",
    });
    const typed = { ...makeRows(7, 8, 9).inputs[0], contents: { fp32_contents: [7, 8, 9] } };
    expect(await tell({ inputs: [typed], labels: [{ name: "dog" }] })).toMatchObject({ new_classes: ["dog"] });
    const more = makeRows(1, 1, 1, 2, 2, 2, 3, 3, 3);
    await tell({ ...more, labels: [{ name: "bee" }, { name: "bee" }, { name: "bee" }] });

    const missing = 'no answered request "first" is kept: it is unknown, forgotten, or was labelled before';
    expect(await refuse(answered)).toEqual({ code: 5, details: missing });
    const wrong: readonly [object, string][] = [
      [{ labels: [{ name: "ant" }] }, "feedback needs labels, and the id of an answered request or inputs"],
      [
        { ...makeRows(1, 2, 3), labels: [] },
        "labels must be a list of class names or numbers, one for each row, got []",
      ],
      [{ ...makeRows(1, 2, 3), labels: [{}] }, "a label must be the name of a class or a whole number, got null"],
      [
        { ...makeRows(1, 2, 3), labels: [{ column: 3 }] },
        "a number stands for a column, from 0 to 2, got 3: give new classes by name",
      ],
      [
        { inputs: makeRows(1, 2, 3).inputs, labels: [{ name: "ant" }] },
        '"input" must have 3 values in lists as deep as its shape, or in one list',
      ],
      [
        { id: "x", raw_input_contents: [new Uint8Array(4)], labels: [{ name: "ant" }] },
        "raw_input_contents holds 1 tensors too many",
      ],
    ];
    for (const [message, details] of wrong) expect(await refuse(message)).toEqual({ code: 3, details });
    expect(await refuse({ model_name: "other", id: "x", labels: [{ name: "a" }] })).toMatchObject({ code: 5 });
    expect(await refuse({ model_version: "9", ...makeRows(1, 2, 3), labels: [{ name: "ant" }] })).toMatchObject({
      code: 5,
    });

    const close = () => client.call("ModelFeedbackClose", { model_name: "made" }, HEADERS);
    expect(await close()).toEqual({ model_name: "made", experience: "feedback-0001", rows: 6 });
    expect(await client.fail(close())).toEqual({
      code: 9,
      details: "nothing has been collected since the last experience",
    });
    const own = join(folder, "feedback-0001");
    const { data, shape } = parseNpy(await readFile(join(own, "x.npy")), "x.npy");
    expect([shape, [...data]]).toEqual([
      [6, 3],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1, 2, 2, 2, 3, 3, 3],
    ]);
    expect(parseNpyTexts(await readFile(join(own, "y.npy")), "y.npy")).toEqual([
      "bee",
      "ant",
      "dog",
      "bee",
      "bee",
      "bee",
    ]);
    const [first, second] = `${await readFile(join(own, "source.jsonl"))}`
      .split("\n")
      .map((line) => line && JSON.parse(line));
    expect(first).toMatchObject({ from: "a person", id: "first", rows: 2 });
    expect(second.from).toMatch(/^(::ffff:)?127\.0\.0\.1$/);
    client.close();
  });
});
