import { afterAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRecordedGate } from "../../../src/serving/gate/gate_source.ts";
import { createJournalJudge } from "../../../src/serving/gate/journal_judge.ts";
import { readJournal } from "../../../src/serving/repository/journal.ts";
import { serve } from "../../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { writeVersion } from "../made_models.ts";

afterAll(removeFolders);

describe("createJournalJudge()", () => {
  test("waits for what a server says of a version, and writes down how the run goes on", async () => {
    const run = await makeFolder({ "config.json": "{}", "onnx/latest.onnx": "" });
    const known = [[1], [0, 1], [0.95, 1, 1]];
    const gate = createRecordedGate(async (version) =>
      known[version]?.map((accuracy, experience) => ({ experience, accuracy })),
    );
    await writeVersion(join(run, "onnx"), 0);
    const told: string[] = [];
    await using serving = await serve({ models: [{ path: run, isRun: true, name: "made", gate }], pollMs: 1e9 });
    const judge = createJournalJudge({ folder: () => run, tell: (line) => told.push(line) });
    expect(await judge.listAccepted(0)).toEqual([0]);
    await writeVersion(join(run, "onnx"), 1);
    let isKnown = false;
    const asked = judge.listAccepted(1).then((accepted) => {
      isKnown = true;
      return accepted;
    });
    await serving.scan();
    expect(isKnown).toBe(false);
    await serving.scan();
    expect(await asked).toEqual([0]);
    judge.onRefusal?.({ refused: 1, next: 2, from: 0, again: [1] });
    judge.onRefusal?.({ refused: 3, next: 4, from: undefined, again: [] });
    const reasons = [
      "version 1 was refused: experience 2 is trained on version 0, together with experience 1",
      "version 3 was refused, and no state of an accepted one is kept: experience 4 is trained on it",
    ];
    expect(told).toEqual([`made 2: goneBack: ${reasons[0]}`, `made 4: wentOn: ${reasons[1]}`]);
    expect(readJournal(join(run, "serving/journal.jsonl")).slice(-2)).toMatchObject([
      { model: "made", version: "2", event: "goneBack", by: "training", reason: reasons[0] },
      { model: "made", version: "4", event: "wentOn", by: "training", reason: reasons[1] },
    ]);
    await writeVersion(join(run, "onnx"), 2);
    await serving.scan();
    await serving.scan();
    expect(await judge.listAccepted(2)).toEqual([0, 2]);
    // Somebody who looks at the answers may know better than the gate.
    await serving.rollback("made");
    expect(await judge.listAccepted(2)).toEqual([0]);
    await serving.promote("made", "1", { isForced: true });
    expect(await judge.listAccepted(1)).toEqual([0, 1]);
  });

  test("stops waiting when it is told to", async () => {
    const run = await makeFolder({ "serving/journal.jsonl": "" });
    const controller = new AbortController();
    const judge = createJournalJudge({ folder: run, signal: controller.signal });
    const asked = judge.listAccepted(0);
    controller.abort(new Error("stopped"));
    await expect(asked).rejects.toThrow("stopped");
    const elsewhere = join(await makeFolder({}), "journal.jsonl");
    await writeFile(elsewhere, "");
    createJournalJudge({ folder: run, journal: elsewhere }).onRefusal?.({ refused: 0, next: 1, from: 0, again: [0] });
    expect(`${await readFile(elsewhere)}`).toContain("goneBack");
  });
});
