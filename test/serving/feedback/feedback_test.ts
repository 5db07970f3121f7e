import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { canSharePort } from "../../../src/serving/protocol/http_listener.ts";
import { serve } from "../../../src/serving/serve.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { ask, makeBinaryRequest, makeRequest } from "../asking.ts";
import { writeVersion } from "../made_models.ts";
import { NAMES, readExperience, type Served, serveMade } from "./served_feedback.ts";

afterAll(removeFolders);

describe("POST /v2/models/NAME/feedback", () => {
  test("keeps answered requests by id, and inputs with labels, as experiences in order", async () => {
    const { serving, folder, infer, tell, close } = await serveMade({ classNames: NAMES });
    await using _ = serving;
    await infer(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      "first",
    );
    expect((await tell({ id: "first", labels: ["bee", 2] }, { "firn-from": "a person" })).json).toEqual({
      model_name: "made",
      rows: 2,
      collected_rows: 2,
      new_classes: [],
    });
    const sent = await tell(
      makeRequest(
        [
          [7, 8, 9],
          [7, 8, 9],
          [7, 8, 9],
        ],
        { labels: ["dog", "dog", "dog"] },
      ),
    );
    expect(sent.json).toMatchObject({ rows: 3, collected_rows: 5, new_classes: ["dog"] });
    expect(await readdir(folder)).toEqual([".feedback"]);
    expect((await close()).json).toEqual({ model_name: "made", experience: "feedback-0001", rows: 5 });
    const { body, headers } = makeBinaryRequest(new Float32Array(9).fill(0.1), [3, 3], { labels: [0, 0, "ant"] });
    expect((await tell(body, headers)).status).toBe(200);
    expect((await close()).json.experience).toBe("feedback-0002");

    const first = await readExperience(join(folder, "feedback-0001"));
    expect(first).toMatchObject({ shape: [5, 3], x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 8, 9, 7, 8, 9] });
    expect(first.labels).toEqual(["bee", "cat", "dog", "dog", "dog"]);
    expect(first.lines).toMatchObject([
      { from: "a person", id: "first", rows: 2, labels: ["bee", "cat"], time: expect.any(Number) },
      { from: expect.stringMatching(/^(::ffff:)?127\.0\.0\.1$/), rows: 3 },
    ]);
    expect((await readdir(join(folder, "feedback-0001"))).sort()).toEqual(["source.jsonl", "x.npy", "y.npy"]);
    const { trainStream, classNames } = await directoryBenchmark({ path: folder, testsAll: true });
    expect([...trainStream].map(({ name, dataset }) => [name, dataset.length])).toEqual([
      ["feedback-0001", 5],
      ["feedback-0002", 3],
    ]);
    expect(classNames).toEqual(["ant", "bee", "cat", "dog"]);
  });

  test("knows an answer once, and only the last ones", async () => {
    const { serving, infer, tell } = await serveMade({ classNames: NAMES }, { keptRequests: 2 });
    await using _ = serving;
    for (const id of ["a", "b", "c"]) await infer([[1, 2, 3]], id);
    const refused = (id: string) => ({
      status: 404,
      json: { error: `no answered request "${id}" is kept: it is unknown, forgotten, or was labelled before` },
    });
    expect(await tell({ id: "a", labels: ["ant"] })).toMatchObject(refused("a"));
    // Labels that do not fit use nothing up.
    expect((await tell({ id: "c", labels: ["ant", "ant"] })).json.error).toBe(
      "labels must have one for each of 1 rows, got 2",
    );
    expect((await tell({ id: "c", labels: ["ant"] })).status).toBe(200);
    expect(await tell({ id: "c", labels: ["ant"] })).toMatchObject(refused("c"));
    expect(await tell({ id: "never", labels: ["ant"] })).toMatchObject(refused("never"));
  });

  test("closes an experience of so many rows by itself, once a class has enough to hold some out", async () => {
    const { serving, folder, tell, close } = await serveMade({ classNames: NAMES }, { feedbackRows: 2 });
    await using _ = serving;
    expect((await close()).json).toEqual({ error: "nothing has been collected since the last experience" });
    await tell(
      makeRequest(
        [
          [1, 1, 1],
          [2, 2, 2],
        ],
        { labels: ["ant", "bee"] },
      ),
    );
    expect(await close()).toMatchObject({
      status: 409,
      json: { error: "an experience needs 3 rows of one class, as a fifth of each class is kept for testing" },
    });
    const { json } = await tell(
      makeRequest(
        [
          [1, 1, 1],
          [2, 2, 2],
        ],
        { labels: ["ant", "ant"] },
      ),
    );
    expect(json).toMatchObject({ experience: "feedback-0001", collected_rows: 0 });
    await directoryBenchmark({ path: folder });
    // A folder "train" has its tests elsewhere.
    const train = join(await makeFolder({ "test/a/d.csv": "u,v,w,label\n1,2,3,ant\n" }), "train");
    const other = await serveMade({ classNames: NAMES }, { feedbackRows: 1 }, train);
    await using __ = other.serving;
    expect((await other.tell(makeRequest([[1, 1, 1]], { labels: ["ant"] }))).json.experience).toBe("feedback-0001");
  });

  test("keeps the pixels that a model's values stand for", async () => {
    const normalization = { scale: 1 / 255, mean: [0.5, 0.25, 0], std: [0.5, 0.2, 1] };
    const { serving, folder, tell, close } = await serveMade({
      classNames: ["0", "1", "2"],
      metadata: { "firn.normalization": JSON.stringify(normalization) },
    });
    await using _ = serving;
    const pixels = Array.from({ length: 9 }, (_, i) => (i * 77) % 256);
    const rows = [0, 1, 2].map((row) =>
      [0, 1, 2].map(
        (i) => ((pixels[row * 3 + i] ?? 0) / 255 - (normalization.mean[i] ?? 0)) / (normalization.std[i] ?? 1),
      ),
    );
    expect((await tell(makeRequest(rows, { labels: [1, 1, "7"] }))).json).toMatchObject({ new_classes: ["7"] });
    expect((await tell(makeRequest([[0.123, 0, 0]], { labels: [1] }))).json.error).toMatch(
      /^the model was trained on pixels, and a value stands for the pixel 143\..*: send pixels from 0 to 255 as UINT8/,
    );
    await tell(makeRequest(rows.slice(0, 1), { labels: [1] }));
    await close();
    expect(await readExperience(join(folder, "feedback-0001"))).toMatchObject({
      shape: [4, 3],
      isBytes: true,
      x: [...pixels, ...pixels.slice(0, 3)],
      labels: [1, 1, 7, 1],
    });
  });

  test("says what it wants", async () => {
    const { serving, tell } = await serveMade({ classNames: NAMES });
    const plain = await serveMade({});
    await using _ = serving;
    await using __ = plain.serving;
    const one = (labels: unknown, more = {}) => makeRequest([[1, 2, 3]], { labels, ...more });
    const answers: [Served["tell"], unknown, string][] = [
      [tell, { labels: ["ant"] }, "feedback needs labels, and the id of an answered request or inputs"],
      [tell, one("ant"), 'labels must be a list of class names or numbers, one for each row, got "ant"'],
      [tell, one([1.5]), "a label must be the name of a class or a whole number, got 1.5"],
      [tell, one([3]), "a number stands for a column, from 0 to 2, got 3: give new classes by name"],
      [tell, one(["a\nb"]), 'the name of a class must be text without control characters, got "a\\nb"'],
      [tell, one(["ant"], { answer: 1 }), 'unknown field "answer"; known: id, labels, inputs, parameters'],
      [tell, one(["ant"], { id: 1 }), "id must be a string, got 1"],
      [tell, makeRequest([[1, 2]], { labels: ["ant"] }), '"input" must have the shape [rows, 3], got [1, 2]'],
      [plain.tell, one(["ant"]), 'the model has no class names: a label must be from 0 to 2, got "ant"'],
      [plain.tell, one([3]), "the model has no class names: a label must be from 0 to 2, got 3"],
    ];
    for (const [ask, body, error] of answers) expect(await ask(body)).toMatchObject({ status: 400, json: { error } });
    expect((await plain.tell(one([2]))).status).toBe(200);
    const inf = makeBinaryRequest(Float32Array.of(1, Number.POSITIVE_INFINITY, 0), [1, 3], { labels: ["ant"] });
    expect((await tell(inf.body, inf.headers)).json.error).toBe("feedback needs finite values, got Infinity");
  });

  test("asks for the token, and is off unless a folder is given", async () => {
    const { serving, tell, close } = await serveMade({ classNames: NAMES }, { token: "secret" });
    await using _ = serving;
    const body = makeRequest([[1, 2, 3]], { labels: ["ant"] });
    expect((await tell(body)).status).toBe(401);
    expect((await tell(body, { authorization: "Bearer secret" })).status).toBe(200);
    expect(await close()).toMatchObject({ status: 401, headers: expect.anything() });
    const path = await makeFolder({});
    await writeVersion(path, 0);
    await using off = await serve({ models: [{ path, name: "off" }], pollMs: 1e9 });
    const answer = await ask(`${off.url}/v2/models/off/feedback`, { body });
    expect(answer).toMatchObject({
      status: 404,
      json: { error: '"off" takes no feedback: serve it with --feedback FOLDER' },
    });
  });

  test("refuses samples of another form than those that are collected, until that experience is closed", async () => {
    const path = await makeFolder({});
    const normalization = JSON.stringify({ scale: 1 / 255, mean: [], std: [] });
    await writeVersion(path, 0, { classNames: NAMES, metadata: { "firn.normalization": normalization } });
    const feedback = join(await makeFolder({}), "data");
    const models = [{ path, name: "made", feedback }];
    await using serving = await serve({ models, pollMs: 1e9 });
    const at = `${serving.url}/v2/models/made/feedback`;
    const tell = (rows: number[][], labels: string[]) => ask(at, { body: makeRequest(rows, { labels }) });
    const pixels = [1, 2, 3].map((pixel) => [pixel / 255, 0, 1]);
    expect((await tell(pixels, ["ant", "ant", "ant"])).status).toBe(200);
    await writeVersion(path, 1, { classNames: NAMES });
    await serving.scan();
    await serving.scan();
    const error = "the experience that is collected has samples [3] of |u1, got [3] of <f4: close it first";
    expect(await tell([[0.5, 1, 2]], ["bee"])).toMatchObject({ status: 409, json: { error } });
    expect((await ask(`${at}/close`, { method: "POST" })).json).toMatchObject({ rows: 3 });
    expect((await tell([[0.5, 1, 2]], ["bee"])).status).toBe(200);
  });

  test("takes samples as the first ones are, while there is no version that says so, across a restart", async () => {
    const folder = join(await makeFolder({}), "data");
    const models = [{ path: await makeFolder({}), isRun: true, name: "made", feedback: folder }];
    const collect = async (use: (tell: (input: object) => ReturnType<typeof ask>) => Promise<void>) => {
      await using serving = await serve({ models, pollMs: 1e9 });
      const at = `${serving.url}/v2/models/made/feedback`;
      const tell = (input: object) =>
        ask(at, { body: { inputs: [{ name: "input", ...input }], labels: ["ant", "ant", "ant"] } });
      await use(tell);
      await ask(`${at}/close`, { method: "POST" });
    };
    const pixels = { datatype: "UINT8", shape: [3, 2, 2], data: Array.from({ length: 12 }, (_, i) => i) };
    const error = "what was collected has samples [2, 2] of UINT8, got";
    await collect(async (tell) => {
      expect((await tell(pixels)).status).toBe(200);
      expect((await tell({ ...pixels, shape: [3, 4] })).json.error).toBe(`${error} [4] of UINT8`);
    });
    await collect(async (tell) => {
      const floats = await tell({ datatype: "FP32", shape: [3, 2], data: [1, 2, 3, 4, 5, 6] });
      expect(floats).toMatchObject({ status: 400, json: { error: `${error} [2] of FP32` } });
      const flat = await tell({ ...pixels, shape: [3, 4] });
      expect(flat).toMatchObject({ status: 400, json: { error: `${error} [4] of UINT8` } });
      expect((await tell(pixels)).status).toBe(200);
    });
    expect((await readdir(folder)).sort()).toEqual([".feedback", "feedback-0001", "feedback-0002"]);
  });

  test.if(canSharePort())("finds an answer whichever thread gave it", async () => {
    const { serving, tell, infer } = await serveMade({ classNames: NAMES }, { listeners: 3 });
    await using _ = serving;
    for (let i = 0; i < 12; i++) await infer([[i, 2, 3]], `r${i}`);
    for (let i = 0; i < 12; i++) expect((await tell({ id: `r${i}`, labels: ["ant"] })).status).toBe(200);
    expect((await tell({ id: "r3", labels: ["ant"] })).status).toBe(404);
  });

  test("refuses a folder that others collect in, and one above train and test", async () => {
    const { serving, folder } = await serveMade({ classNames: NAMES });
    await using _ = serving;
    await expect(serveMade({}, {}, folder)).rejects.toThrow("another run is writing to");
    const whole = await makeFolder({});
    for (const part of ["train", "test"]) await mkdir(join(whole, part));
    const refused = `${whole} holds "train" and "test": collect feedback in ${whole}/train`;
    // The folder is free for others afterwards.
    for (let time = 0; time < 2; time++) await expect(serveMade({}, {}, whole)).rejects.toThrow(refused);
  });
});
