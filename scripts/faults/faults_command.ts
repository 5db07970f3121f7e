import { rm } from "node:fs/promises";
import { Command } from "commander";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { createWholeNumberParser } from "../../src/cli/options/option_values.ts";
import { RandomStream } from "../../src/core/random_stream.ts";
import type { Outcome, Reference } from "./kill_run.ts";

interface Options {
  readonly kills: number;
  readonly losses: number;
  readonly processes: number;
  readonly disks: number;
  readonly ranks: number;
  readonly elastic: number;
  readonly seed: number;
}

/** Runs disturbed in one way, and how many of them ended otherwise than the undisturbed one. */
interface Count {
  readonly line: string;
  readonly unequal: number;
}

/** The command line of the harness of faults. What it runs is imported when it runs, so that --help answers at once. */
export function createFaultsProgram(
  { stdout }: Pick<CliContext, "stdout">,
  setExitStatus: (status: number) => void,
): Command {
  const number = (name: string) => createWholeNumberParser(name, 0);
  return new Command("faults")
    .description(
      "disturb runs at random moments, and compare each with an undisturbed one; exits with 1 if any differs",
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => {}, outputError: () => {} })
    .option("--kills <number>", "runs that are killed and resumed", number("--kills"), 50)
    .option("--losses <number>", "runs that lose a replica", number("--losses"), 50)
    .option("--processes <number>", "runs that lose the process of a replica", number("--processes"), 50)
    .option("--disks <number>", "runs whose disk is full", number("--disks"), 5)
    .option("--ranks <number>", "runs on several ranks of MPI that lose one", number("--ranks"), 20)
    .option("--elastic <number>", "the same, where the others go on without it", number("--elastic"), 20)
    .option("--seed <number>", "of the random moments", number("--seed"), 0)
    .action(async (options: Options) => {
      const unequal = await disturbRuns(options, (line) => stdout.write(`${line}\n`));
      setExitStatus(unequal === 0 ? 0 : 1);
    });
}

/** How many runs ended otherwise than the undisturbed one; the folder with all of them is kept then. */
async function disturbRuns(options: Options, print: (line: string) => void): Promise<number> {
  const { kills, losses, processes, disks, ranks, elastic, seed } = options;
  const { killRank } = await import("./kill_rank.ts");
  const { fillDisk } = await import("./fill_disk.ts");
  const { killAndResume, runReference } = await import("./kill_run.ts");
  const { loseProcess } = await import("./lose_process.ts");
  const { loseRank } = await import("./lose_rank.ts");
  const { loseReplica } = await import("./lose_replica.ts");
  const { MADE_RUNS, makeHarnessFolder, writeData } = await import("./made_runs.ts");
  const random = new RandomStream(seed, "faults");
  const folder = await makeHarnessFolder();
  await writeData(folder, 60);
  const references: Reference[] = [];
  for (const kind of Object.keys(MADE_RUNS)) references.push(await runReference(kind, folder));
  const around = { references, print };
  const counts = [
    await repeat("runs that were killed", kills, around, (made) => killAndResume(made, folder, random)),
    await repeat("runs that lost replicas", losses, around, (made) => loseReplica(made, folder, random)),
    await repeat("runs that lost processes", processes, around, (made) => loseProcess(made, folder, random)),
    await repeat("runs on a full disk", disks, around, (made) => fillDisk(made, folder, 100 + random.integer(1500))),
    await repeat("runs that lost a rank", ranks, around, (made) => killRank(made, folder, random)),
    await repeat("runs that lost a rank and went on", elastic, around, (made) => loseRank(made, folder, random)),
  ];
  for (const { line } of counts) print(line);
  const unequal = counts.reduce((sum, count) => sum + count.unequal, 0);
  if (unequal === 0) await rm(folder, { recursive: true });
  return unequal;
}

async function repeat(
  what: string,
  times: number,
  { references, print }: { references: readonly Reference[]; print: (line: string) => void },
  trial: (made: Reference) => Promise<Outcome | undefined>,
): Promise<Count> {
  let equal = 0;
  let unequal = 0;
  for (let i = 0; i < times; i++) {
    const made = references[i % references.length];
    const outcome = made && (await trial(made));
    if (!outcome) return { unequal, line: `${what}: not possible here` };
    if (outcome.isEqual) equal += 1;
    else unequal += 1;
    print(`${i + 1} of ${times}  ${outcome.isEqual ? "equal" : "NOT EQUAL"}  ${outcome.description}`);
  }
  return { unequal, line: `${equal} of ${times} ${what} equal the undisturbed one` };
}
