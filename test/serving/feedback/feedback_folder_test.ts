import { afterAll, describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { parseNpy } from "../../../src/data/readers/npy_reader.ts";
import { FeedbackFolder } from "../../../src/serving/feedback/feedback_folder.ts";
import { KeptRequests } from "../../../src/serving/feedback/kept_requests.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

/** Samples of two values: the row's number, twice. */
function makeRows(first: number, rows: number) {
  const values = Float32Array.from({ length: rows * 2 }, (_, i) => first + Math.floor(i / 2));
  const labels = Array.from({ length: rows }, (_, i) => `c${(first + i) % 3}`);
  return {
    samples: { descr: "<f4", shape: [rows, 2], bytes: new Uint8Array(values.buffer) },
    note: { time: 1, from: "a test", labels },
  };
}

async function add(folder: FeedbackFolder, first: number, rows: number): Promise<void> {
  const { samples, note } = makeRows(first, rows);
  await folder.add(samples, note);
}

async function readRows(path: string): Promise<number[]> {
  const { data, shape } = parseNpy(await readFile(join(path, "x.npy")), "x.npy");
  expect(shape).toEqual([data.length / 2, 2]);
  return [...data].filter((_, i) => i % 2 === 0);
}

describe("FeedbackFolder", () => {
  test("takes up whole entries, wherever its journal was cut off", async () => {
    const whole = await makeFolder({});
    const folder = await FeedbackFolder.open(whole);
    await add(folder, 0, 2);
    await add(folder, 2, 1);
    await add(folder, 3, 3);
    await folder.end();
    const journal = join(whole, ".feedback/open");
    const [x, source] = [await readFile(join(journal, "x.npy")), await readFile(join(journal, "source.jsonl"))];
    const ends = [0, 2, 3, 6].map((rows) => 256 + rows * 8);
    const cut = fc.record({ x: fc.integer({ min: 256, max: x.length }), source: fc.nat(source.length) });
    await fc.assert(
      fc.asyncProperty(cut, async (lengths) => {
        const copy = await makeFolder({});
        await mkdir(join(copy, ".feedback/open"), { recursive: true });
        await writeFile(join(copy, ".feedback/open/x.npy"), x.subarray(0, lengths.x));
        await writeFile(join(copy, ".feedback/open/source.jsonl"), source.subarray(0, lengths.source));
        const entries = Math.max(
          ...[0, 1, 2, 3].filter(
            (n) =>
              (ends[n] ?? 0) <= lengths.x &&
              source.subarray(0, lengths.source).filter((byte) => byte === 10).length >= n,
          ),
        );
        const again = await FeedbackFolder.open(copy);
        const before = [0, 2, 3, 6][entries] ?? 0;
        expect(again.labels).toEqual(makeRows(0, before).note.labels);
        await add(again, before, 2);
        const name = await again.close();
        await again.end();
        expect(await readRows(join(copy, name))).toEqual([...Array(before + 2).keys()]);
        expect(`${await readFile(join(copy, name, "source.jsonl"))}`.trim().split("\n")).toHaveLength(entries + 1);
      }),
      { numRuns: 40 },
    );
  });

  test("loses nothing that was accepted, and shows nothing half written, when it is killed", async () => {
    const path = await makeFolder({});
    let accepted = 0;
    for (let kill = 0; kill < 4; kill++) {
      const program = fileURLToPath(new URL("killed_folder.ts", import.meta.url));
      const words = "Deno" in globalThis ? ["run", "--allow-all", program] : [program];
      const child = spawn(process.execPath, [...words, path, String(accepted)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = new Promise((done) => child.on("close", done));
      try {
        for await (const line of createInterface({ input: child.stdout })) {
          accepted = Number(line) + 1;
          // At other moments of its work each time.
          if (accepted % 7 === kill + 1) child.kill("SIGKILL");
        }
      } finally {
        child.kill("SIGKILL");
      }
      await ended;
      const names = (await readdir(path)).filter((name) => !name.startsWith("."));
      let next = 0;
      for (const name of names.sort()) {
        expect((await readdir(join(path, name))).sort()).toEqual(["source.jsonl", "x.npy", "y.npy"]);
        for (const row of await readRows(join(path, name))) expect(row).toBe(next++);
      }
      const folder = await FeedbackFolder.open(path);
      const collected = next + folder.labels.length;
      // One more may be there than it had time to tell.
      expect([accepted, accepted + 1]).toContain(collected);
      accepted = collected;
      await folder.end();
    }
  }, 60_000);

  test("takes away what a process left of labels that was killed while it closed an experience", async () => {
    const path = await makeFolder({});
    const killed = await FeedbackFolder.open(path);
    await add(killed, 0, 3);
    await killed.end();
    for (const name of ["y.npy", "y.npy.7-1.partial"]) await writeFile(join(path, ".feedback/open", name), "half");
    const folder = await FeedbackFolder.open(path);
    const name = await folder.close();
    await folder.end();
    expect((await readdir(join(path, name))).sort()).toEqual(["source.jsonl", "x.npy", "y.npy"]);
    expect(await readRows(join(path, name))).toEqual([0, 1, 2]);
  });

  test("numbers experiences behind those that are there", async () => {
    const path = await makeFolder({ "feedback-0041/x.npy": "", "other/a": "" });
    const folder = await FeedbackFolder.open(path);
    await add(folder, 0, 1);
    expect(await folder.close()).toBe("feedback-0042");
    await folder.end();
  });

  test("refuses a journal that is none", async () => {
    const path = await makeFolder({ ".feedback/open/x.npy": "text", ".feedback/open/source.jsonl": "{}\n" });
    await expect(FeedbackFolder.open(path)).rejects.toThrow("x.npy: .npy data must begin with");
    await rm(join(path, ".feedback/open"), { recursive: true });
    const folder = await FeedbackFolder.open(path);
    await expect(FeedbackFolder.open(path)).rejects.toThrow("another run is writing to");
    await folder.end();
    await (await FeedbackFolder.open(path)).end();
  });
});

describe("KeptRequests", () => {
  test("keeps copies, of a Buffer too, whose memory is used again", () => {
    const kept = new KeptRequests({ requests: 1, bytes: 100 });
    const file = { inputs: [], outputs: [], classNames: undefined, metadata: {}, isDivided: false };
    const input = Buffer.from([1, 2, 3]);
    kept.add("a", { rows: 1, input, file });
    input.fill(9);
    expect(kept.get("a")?.input).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("keeps the newest within a number and a size", () => {
    const file = { inputs: [], outputs: [], classNames: undefined, metadata: {}, isDivided: false };
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(40))), (adds) => {
        const kept = new KeptRequests({ requests: 4, bytes: 60 });
        let model: { id: string; size: number }[] = [];
        for (const [n, size] of adds) {
          const id = `${n}`;
          kept.add(id, { rows: 1, input: new Uint8Array(size), file });
          model = [...model.filter((one) => one.id !== id), { id, size: size + 2 }];
          while (model.length > 4 || model.reduce((sum, one) => sum + one.size, 0) > 60) model.shift();
        }
        const ids = Array.from({ length: 10 }, (_, n) => `${n}`);
        expect(ids.filter((id) => kept.get(id))).toEqual(model.map(({ id }) => id).sort());
      }),
    );
  });
});
