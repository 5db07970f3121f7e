import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { runCli } from "../../src/cli/run_cli.ts";
import { elementAt } from "../../src/core/element_at.ts";
import type { RandomStream } from "../../src/core/random_stream.ts";
import type { Fault } from "../../test/cluster/supervision/fault.ts";
import { FirnProcess } from "./firn_process.ts";
import type { Outcome, Reference } from "./kill_run.ts";
import { listWords } from "./made_runs.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

const RESTARTS = 5;
/** Commands of the shortest made run: faults are drawn among them. */
const COMMANDS = 60;
const BREAKING_REPLICA = new URL("../../test/cluster/supervision/breaking_replica.ts", import.meta.url);

/**
 * Trains in this process on two replicas, of which one breaks from inside at a random moment of a random command, and
 * compares with the undisturbed run. A run that fails, as it cannot be repaired, is resumed first. Ending a Worker from
 * outside is no such fault: in a native call it ends the whole process.
 */
export async function loseReplica(reference: Reference, folder: string, random: RandomStream): Promise<Outcome> {
  const { kind } = reference;
  const directory = join(folder, `${kind}-lost-${random.integer(2 ** 31)}`);
  const fault = drawFault(random);
  process.env.FIRN_FAULT = JSON.stringify(fault);
  const restore = replaceWorkerEntry();
  let stderr = "";
  const words = [...listWords(kind, folder), "--out", directory, "--workers", "2"];
  const status = await runCli([...words, "--max-restarts", String(RESTARTS)], {
    stdout: { write: () => true },
    stderr: { write: (text: string) => (stderr += text) },
    signal: new AbortController().signal,
  }).finally(restore);
  const replaced = stderr.split("\n").filter((line) => line.includes("is replaced")).length;
  if (status === 0 && replaced === 0) {
    // A moment that this command does not have.
    await rm(directory, { recursive: true });
    return loseReplica(reference, folder, random);
  }
  let description = `${kind}, ${replaced} replaced (${JSON.stringify(fault)})`;
  if (status !== 0) {
    // The one loss that is not repaired: a thread that is silent in the middle of an update and has not ended.
    const isKnown = status === 1 && /gave no sign of life .*last seen updating/.test(stderr);
    if (!isKnown) return { isEqual: false, description: `${description}: exit status ${status}, ${stderr}` };
    const resumed = await new FirnProcess(["train", "--quiet", "--resume", directory, "--workers", "2"]).end;
    if (resumed.status !== 0) return { isEqual: false, description: `${description}, resumed: ${resumed.stderr}` };
    description += ", failed as the update hung, and was resumed";
  }
  const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
  if (differences.length > 0) {
    return { isEqual: false, description: `${description}: other ${differences.join(", ")} (see ${directory})` };
  }
  await rm(directory, { recursive: true });
  return { isEqual: true, description };
}

/** A hang costs the silence that it takes to be noticed, so there are few. */
function drawFault(random: RandomStream): Fault {
  const chance = random.uniform();
  const how = chance < 0.06 ? "hang" : chance < 0.5 ? "exit" : "throw";
  const kinds = how === "throw" ? (["look", "chunk begun", "chunk changed"] as const) : (["look"] as const);
  const kind = elementAt(kinds, random.integer(kinds.length));
  const number = random.integer(kind === "look" ? 5 : 2);
  const times = random.uniform() < 0.2 ? 2 : 1;
  return { how, replica: random.integer(2), command: random.integer(COMMANDS), moment: { kind, number }, times };
}

/** Workers run the breaking replica until the function that is returned is called. */
function replaceWorkerEntry(): () => void {
  const { Worker: Original } = globalThis;
  globalThis.Worker = class extends Original {
    constructor(_entry: string | URL, options?: ConstructorParameters<typeof Original>[1]) {
      super(BREAKING_REPLICA, options);
    }
  };
  return () => {
    globalThis.Worker = Original;
  };
}
