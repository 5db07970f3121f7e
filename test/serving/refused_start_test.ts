import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serve } from "../../src/serving/serve.ts";
import { directoryBenchmark } from "../../src/streams/benchmarks/directory/directory_benchmark.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { writeVersion } from "./made_models.ts";

afterAll(removeFolders);

const listAll = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

const TABLE = `x,label\n${Array.from({ length: 12 }, (_, i) => `${i},${i % 2 ? "yes" : "no"}`).join("\n")}\n`;

describe("serve()", () => {
  test("refuses a folder of something else, and leaves it as it is", async () => {
    const data = await makeFolder({ "1-jan/d.csv": TABLE, "2-feb/d.csv": TABLE });
    const runs = await makeFolder({ "mine/config.json": "{}" });
    const unnumbered = await makeFolder({ "net.onnx": "" });
    const folders = [
      [data, "needs a run's folder, or ONNX files with a number in their name"],
      [runs, `serve one of its runs, such as ${join(runs, "mine")}`],
      [unnumbered, "ONNX files with a number in their name"],
    ] as const;
    for (const [path, reason] of folders) {
      const before = await listAll(path);
      await expect(serve({ models: [{ path }] })).rejects.toThrow(`${path} holds no model to serve, which`);
      await expect(serve({ models: [{ path }] })).rejects.toThrow(reason);
      expect(await listAll(path)).toEqual(before);
    }
  });

  test("says at every start that no version answers, and why", async () => {
    const folder = await makeFolder({});
    await writeVersion(folder, 3, { shift: Number.NaN });
    for (let start = 0; start < 2; start++) {
      const lines: string[] = [];
      const tell = (line: string) => lines.push(line);
      await using serving = await serve({ models: [{ path: folder, name: "made" }], pollMs: 1e9, tell });
      expect((await fetch(`${serving.url}/v2/models/made/ready`)).status).toBe(503);
      expect(lines.at(-1)).toBe(
        'made: no version answers; the newest, 3, was refused: the model answers NaN or infinity in "logits"',
      );
    }
  });

  test("waits at an empty folder, a run that begins, and where it waited before", async () => {
    const [empty, run] = [await makeFolder({}), await makeFolder({ "config.json": "{}" })];
    for (const path of [empty, run, empty]) {
      await using serving = await serve({ models: [{ path, name: "made" }], pollMs: 1e9 });
      expect((await fetch(`${serving.url}/v2/models/made/ready`)).status).toBe(503);
    }
  });

  test("leaves nothing where it is refused, whatever the reason", async () => {
    await using other = await serve({ models: [{ path: await makeFolder({}) }], grpcPort: 0, pollMs: 1e9 });
    const { port, grpcPort } = other;
    const folder = await makeFolder({ "package.json": "{}", "gate/note.txt": "" });
    const path = await writeVersion(folder, 0);
    const feedback = join(folder, "new", "answers");
    const before = await listAll(folder);
    const refused = [
      [{ models: [{ path: join(folder, "package.json"), feedback }] }, "not an ONNX file"],
      [{ models: [{ path, gate: join(folder, "gate") }] }, "holds no folder such as experience-000"],
      [{ models: [{ path, feedback }], port }, "cannot listen on"],
      [{ models: [{ path, feedback }], grpcPort }, /^gRPC cannot listen on 127\.0\.0\.1:\d+: listen EADDRINUSE.*$/],
      [{ models: [{ path, feedback }], journal: join(folder, "new", "log", "j.jsonl"), port }, "cannot listen on"],
    ] as const;
    for (const [options, reason] of refused) {
      await expect(serve(options)).rejects.toThrow(reason);
      expect(await listAll(folder)).toEqual(before);
    }
  });
});

describe("the options of serve()", () => {
  test("are refused where they would do nothing, or are said of nothing", async () => {
    const folder = await makeFolder({});
    const path = await writeVersion(folder, 0);
    const models = [{ path }];
    const spelled: { path: string } = Object.assign({ path }, { feedbak: folder });
    const misplaced = Object.assign({ models }, { feedback: "answers" });
    const refused = [
      [{ models, feedbackRows: 5 }, "serve: feedbackRows requires a folder for feedback (--feedback)"],
      [{ models, keptBytes: 5 }, "serve: keptBytes requires a folder for feedback (--feedback)"],
      [{ models, host: "0.0.0.0", token: " " }, "serve: token must be letters, digits and signs of ASCII"],
      [{ models, token: "a\nb" }, "serve: token must be letters, digits and signs of ASCII"],
      [{ models: [spelled] }, /^serve: models\[0\].*feedbak/],
      [{ models: [{ path, name: "" }] }, /^serve: models\[0\].*name/],
      [misplaced, 'serve: feedback is said of a model: models: [{ path: "runs/mine", feedback: … }]'],
    ] as const;
    for (const [options, reason] of refused) await expect(serve(options)).rejects.toThrow(reason);
    expect(await readdir(folder)).toEqual(["experience-000.onnx"]);
  });
});

describe("a gRPC port that is taken", () => {
  test("is told in one line, and the library says nothing besides", async () => {
    const path = await makeFolder({});
    await using other = await serve({ models: [{ path }], grpcPort: 0, pollMs: 1e9 });
    const printed: unknown[] = [];
    const { error } = console;
    console.error = (...given: unknown[]) => void printed.push(given);
    try {
      const again = serve({ models: [{ path }], grpcPort: other.grpcPort, pollMs: 1e9 });
      await expect(again).rejects.toThrow(/^gRPC cannot listen on 127\.0\.0\.1:\d+: listen EADDRINUSE.*$/);
    } finally {
      console.error = error;
    }
    expect(printed).toEqual([]);
  });
});

describe("directoryBenchmark()", () => {
  test("passes over a folder that holds a journal of serve alone", async () => {
    const path = await makeFolder({ "1-jan/d.csv": TABLE, "serving/journal.jsonl": "" });
    const names = async () => [...(await directoryBenchmark({ path })).trainStream].map(({ name }) => name);
    expect(await names()).toEqual(["1-jan"]);
    await writeFile(join(path, "serving", "d.csv"), TABLE);
    await expect(names()).rejects.toThrow("serving");
  });
});

describe("a gate of held samples", () => {
  async function makeGate(experience: number, labels: readonly number[]): Promise<string> {
    const gate = await makeFolder({});
    const own = join(gate, `experience-${experience}`);
    await mkdir(own);
    await writeFile(join(own, "x.npy"), makeNpy(new Float32Array(labels.length * 3), { shape: [labels.length, 3] }));
    await writeFile(join(own, "y.npy"), makeNpy(Int32Array.from(labels), { descr: "<i8" }));
    return gate;
  }

  test("is refused before anything is served where it can measure nothing", async () => {
    const folder = await makeFolder({});
    await writeVersion(folder, 0);
    const start = async (experience: number, labels: readonly number[]) =>
      serve({ models: [{ path: folder, gate: await makeGate(experience, labels) }] });
    await expect(start(0, [2, 9])).rejects.toThrow(
      "held samples of experience 0: the classes must be columns from 0 to 2, got 9",
    );
    await expect(start(5, [0])).rejects.toThrow(
      /held samples begin with experience 5, and the newest version is 0: none is measured$/,
    );
    expect(await readdir(folder)).toEqual(["experience-000.onnx"]);
  });

  test("lets no version through that it cannot measure", async () => {
    const folder = await makeFolder({});
    const gate = await makeGate(1, [9]);
    await using serving = await serve({ models: [{ path: folder, name: "made", gate }], pollMs: 1e9 });
    for (const version of [0, 1]) await writeVersion(folder, version);
    await serving.scan();
    await serving.scan();
    const answer = await fetch(`${serving.url}/v2/models/made/versions`);
    expect(await answer.json()).toMatchObject({
      current: null,
      versions: [
        { state: "refused", reason: expect.stringMatching(/^no accuracy of it is known/) },
        { state: "refused", reason: expect.stringMatching(/the classes must be columns from 0 to 2, got 9$/) },
      ],
    });
  });
});
