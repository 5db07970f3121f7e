import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startService } from "../../examples/web_service.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-service-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function post(url: string, body: unknown): Promise<{ readonly status: number; readonly answer: Answer }> {
  const response = await fetch(url, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: response.status, answer: await response.json() };
}

interface Answer {
  readonly error?: string;
  readonly labels?: readonly string[];
  readonly classes?: readonly string[];
  readonly probabilities?: readonly (readonly number[])[];
}

/** Rows of three well-parted clusters, in turn. */
function makeRows(labels: readonly string[], count: number) {
  const centres: Readonly<Record<string, readonly number[]>> = { ant: [3, 0], bee: [0, 3], cat: [-3, -3] };
  const all = Array.from({ length: count }, (_, i) => labels[i % labels.length] ?? "");
  const rows = all.map((label, i) => (centres[label] ?? []).map((value, axis) => value + Math.sin(7 * i + axis) / 2));
  return { rows, labels: all };
}

describe("examples, the web service", () => {
  test("learns posted rows, predicts others, and goes on after a restart, with a class that comes later", async () => {
    const file = join(folder, "service.safetensors");
    const first = await startService({ file, features: 2 });
    const known = makeRows(["cat", "ant"], 40);
    expect(await post(`${first.url}/predict`, known)).toEqual({
      status: 400,
      answer: { error: "nothing was learned yet" },
    });
    // Asked for at the same time: each waits for its turn.
    const [learned, predicted] = await Promise.all([
      post(`${first.url}/learn`, known),
      post(`${first.url}/predict`, known),
    ]);
    expect(learned).toEqual({ status: 200, answer: { learned: 40, classes: ["cat", "ant"] } as Answer });
    expect([200, 400]).toContain(predicted.status);
    const before = await post(`${first.url}/predict`, known);
    expect(before.answer.labels).toEqual(known.labels);
    await first.close();

    const second = await startService({ file, features: 2 });
    expect(await post(`${second.url}/predict`, known)).toEqual(before);
    await post(`${second.url}/learn`, makeRows(["bee"], 20));
    const all = makeRows(["bee", "ant", "cat"], 30);
    const { answer } = await post(`${second.url}/predict`, all);
    expect(answer.labels).toEqual(all.labels);
    expect(answer.probabilities?.[0]).toHaveLength(3);
    await second.close();
  });

  test("learns rows in units of any size", async () => {
    const { url, close } = await startService({ file: join(folder, "units.safetensors"), features: 2 });
    const { rows, labels } = makeRows(["ant", "bee", "cat"], 60);
    const measured = { rows: rows.map(([a = 0, b = 0]) => [50_000 + 9000 * a, b / 1000]), labels };
    await post(`${url}/learn`, measured);
    expect((await post(`${url}/predict`, measured)).answer.labels).toEqual(labels);
    await close();
  });

  test("gives up what was half learnt when its file cannot be written", async () => {
    const file = join(folder, "missing", "service.safetensors");
    const errors: unknown[] = [];
    const { url, close } = await startService({ file, features: 2, log: (error) => void errors.push(error) });
    const { status, answer } = await post(`${url}/learn`, makeRows(["ant", "bee"], 8));
    expect([status, answer.error]).toEqual([500, "something went wrong here: nothing of it was kept"]);
    expect(String(errors)).toContain(`Cannot write ${file}`);
    expect((await post(`${url}/predict`, { rows: [[1, 2]] })).answer.error).toBe("nothing was learned yet");
    await close();
  });

  test("answers what makes no sense with a sentence, and stays as it was", async () => {
    const file = join(folder, "refusing.safetensors");
    const { url, close } = await startService({ file, features: 2 });
    await post(`${url}/learn`, makeRows(["ant", "bee"], 8));
    const saved = await readFile(file);
    for (const [path, body, sentence] of [
      ["learn", { rows: [[1, 2]], labels: [] }, "there must be a label for each row, got 1 rows and 0 labels"],
      ["learn", { rows: [[1]], labels: ["ant"] }, "row 0 must have 2 numbers"],
      ["learn", { rows: [[1, null]], labels: ["ant"] }, "values must be finite"],
      ["learn", { rows: 3, labels: [] }, "rows must be a list"],
      ["learn", { rows: [[1, 2]], labels: [null] }, "a label must be a text or a number"],
      ["predict", { rows: [[1, 2, 3]] }, "a sample must be of shape [2], got 3 values"],
      ["predict", "{", "JSON"],
      ["learn", { rows: [[1, 1e39]], labels: ["ant"] }, "values must be finite"],
    ] as const) {
      const { status, answer } = await post(`${url}/${path}`, body);
      expect(status).toBe(400);
      expect(answer.error).toContain(sentence);
    }
    expect((await post(`${url}/other`, {})).status).toBe(404);
    const large = await post(`${url}/predict`, " ".repeat(2 ** 20 + 1));
    expect(large).toEqual({ status: 413, answer: { error: "the body must have at most 1048576 bytes" } });
    expect((await post(`${url}/predict`, { rows: [] })).answer).toEqual({ labels: [], probabilities: [] });
    expect(await readFile(file)).toEqual(saved);
    await close();
  });
});
