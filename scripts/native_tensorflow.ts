/**
 * The engine contract and the training suite on native TensorFlow, in a copy of this project that `setup tensorflow`
 * was run in: what it installs must not change how other tests compute.
 *
 *     bun scripts/native_tensorflow.ts REPORT.xml
 *
 * Where Python, pip or g++ is missing, or the wheel cannot be had, the report holds one skipped test with the reason.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { writeSkippedReport } from "./skipped_report.ts";

const TESTS = ["./test/engine/tfjs/tfjs_tensorflow_test.ts", "./test/training"];
/** What is not copied: what git keeps, and what setting up does not need. */
const LEFT_OUT: ReadonlySet<string> = new Set([".git", "docs", "dist", "runs"]);

const report = resolve(process.argv[2] ?? "native_tensorflow.xml");
const missing = findMissing();
if (missing !== undefined) await skip(missing);
else await checkCopy();

/** Why native TensorFlow cannot be set up here; undefined where it can. */
function findMissing(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return "it is set up on Linux for x64 alone";
  const tools = [
    ["python3", "-m", "pip", "--version"],
    ["g++", "--version"],
    ["npm", "--version"],
    ["cp", "--version"],
  ];
  const absent = tools.find(([program = "", ...parameters]) => spawnSync(program, parameters).status !== 0);
  return absent && `there is no ${absent.slice(0, 3).join(" ").replace(" --version", "")}`;
}

async function checkCopy(): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), "firn-native-tensorflow-"));
  try {
    const names = (await readdir(".")).filter((name) => !LEFT_OUT.has(name));
    run("cp", ["-a", ...names, copy], process.cwd());
    const { status, output } = run("bun", ["src/cli/main.ts", "setup", "tensorflow"], copy);
    if (status === 0) {
      const flags = ["--timeout=120000", "--reporter=junit", `--reporter-outfile=${report}`];
      process.exitCode = run("bun", ["test", ...flags, ...TESTS], copy).status ?? 1;
    } else if (/from npm|MB\)/.test(output.split("\n").findLast((line) => line.endsWith("…")) ?? "")) {
      await skip(`it could not be downloaded: ${output.trim().split("\n").at(-1)}`);
    } else {
      process.exitCode = status ?? 1;
    }
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Runs a command whose output stands in this one's log, too. */
function run(program: string, parameters: readonly string[], cwd: string): { status: number | null; output: string } {
  const env = { ...process.env, PATH: `${join(cwd, "node_modules", ".bin")}:${process.env.PATH}`, FIRN_ENGINE: "tfjs" };
  const { status, stdout, stderr } = spawnSync(program, parameters, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 28 });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return { status, output: `${stdout}${stderr}` };
}

async function skip(reason: string): Promise<void> {
  console.log(`native TensorFlow is not tested: ${reason}`);
  await writeSkippedReport(report, `native TensorFlow: ${reason}`);
}
