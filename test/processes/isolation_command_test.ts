import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { assertProcessesShare } from "../../src/cluster/processes/probe_processes.ts";
import { ProcessArena } from "../../src/core/processes/process_arena.ts";
import { currentArena } from "../../src/core/shared/current_arena.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Why replicas cannot live in processes here; undefined where they can. */
const refusal: string | undefined = await assertProcessesShare().then(() => undefined, String);

/** Rows of two classes that lie apart in x. */
function makeTable(rows: number): string {
  const cells = Array.from({ length: rows }, (_, i) => `${(i % 2) * 2},${(i * 3) % 7},${i % 2 ? "yes" : "no"}`);
  return `x,noise,label\n${cells.join("\n")}\n`;
}

describe("train --isolation", () => {
  let data = "";
  beforeAll(async () => {
    data = await makeFolder({ "1-jan/d.csv": makeTable(80), "2-feb/d.csv": makeTable(60) });
  });

  const chooseFolder = async () => join(await makeFolder({}), "run");
  const wordsFor = (out: string, ...layout: string[]) => {
    const small = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "8", "--logical-shards", "2"];
    return ["train", "--benchmark", `directory:path=${data}`, "--out", out, ...small, ...layout];
  };

  /** Trains in a new folder and gives what the run ended with. */
  async function train(...layout: string[]) {
    const out = await chooseFolder();
    const { status, stderr } = await captureCli([...wordsFor(out, ...layout), "--quiet"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return { ending: await readEnding(out), config: JSON.parse(await readFile(join(out, "config.json"), "utf8")) };
  }

  test.if(refusal === undefined)("gives the bits of one thread, goes on elsewhere, and is kept if given", async () => {
    const whole = await train("--workers", "0");
    expect(whole.config).not.toHaveProperty("isolation");
    const apart = await train("--workers", "2", "--isolation", "process");
    expect(apart.config.isolation).toBe("process");
    expect(apart.ending.parametersHash).toBe(whole.ending.parametersHash);
    const out = await chooseFolder();
    const controller = new AbortController();
    const outcome = await captureCli([...wordsFor(out, "--workers", "2", "--isolation", "thread"), "--log", "text"], {
      signal: controller.signal,
      listen: () => controller.abort(new StopRequest("SIGTERM")),
    });
    expect(outcome.status).toBe(143);
    let usesProcesses = false;
    const listen = () => {
      usesProcesses ||= currentArena() instanceof ProcessArena;
    };
    const resumed = await captureCli(["train", "--resume", out, "--isolation", "process", "--json"], { listen });
    expect({ status: resumed.status, stderr: resumed.stderr, usesProcesses }).toEqual({
      status: 0,
      stderr: "",
      usesProcesses: true,
    });
    expect((await readEnding(out)).parametersHash).toBe(whole.ending.parametersHash);
    expect(currentArena()).not.toBeInstanceOf(ProcessArena);
  });

  test.if(refusal === undefined)("loads data where processes map it: nothing is copied for them", async () => {
    const { describe: describePart } = ProcessArena.prototype;
    const copied: number[] = [];
    let described = 0;
    ProcessArena.prototype.describe = function (part) {
      described += 1;
      if (!(part instanceof WebAssembly.Memory) && !this.reaches(part)) copied.push(part.byteLength);
      return describePart.call(this, part);
    };
    try {
      await train("--workers", "2", "--isolation", "process");
    } finally {
      ProcessArena.prototype.describe = describePart;
    }
    expect(described).toBeGreaterThan(0);
    expect(copied).toEqual([]);
  });

  test.if(refusal !== undefined)("refuses processes where they cannot share memory, and writes nothing", async () => {
    const out = await chooseFolder();
    const { status, stderr } = await captureCli(wordsFor(out, "--workers", "2", "--isolation", "process"));
    expect({ status, stderr }).toEqual({ status: 2, stderr: `${refusal?.replace(/^\w+: /, "")}\n` });
  });

  test("refuses names that are none, and processes without workers, in one line", async () => {
    const refusals = [
      [["--isolation", "proces"], 'unknown isolation "proces", did you mean process?'],
      [["--isolation", "process", "--workers", "0"], 'isolation "process" needs at least one worker, got 0'],
    ] as const;
    for (const [layout, said] of refusals) {
      const { status, stderr } = await captureCli(wordsFor(await chooseFolder(), ...layout));
      expect(status).toBe(2);
      expect(stderr).toContain(said);
    }
  });

  test.if(process.platform === "linux")("leaves shared memory as it was after a refusal", async () => {
    const words = ["--isolation", "process", "--workers", "2", "--measure", "r2"];
    const { status } = await captureCli(wordsFor(await chooseFolder(), ...words));
    expect(status).toBe(2);
    expect(currentArena()).not.toBeInstanceOf(ProcessArena);
  });
});
