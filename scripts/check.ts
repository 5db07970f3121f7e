/**
 * The one command that checks everything: format and lint, unused code, types, the tests in Bun, the same tests in
 * Deno, there with half of the strategies and cases where all are gone through in Bun (`--all`: with all of them). The
 * tests run the examples.
 * It goes on after a failure. What failed stands once more at the end, where those look who keep only the end of a
 * log; the last line is "N passed, N failed": tests of both runtimes, and every step that failed without a failing
 * test.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type CheckStep, listSteps } from "./check_steps.ts";
import { writeDenoEntries } from "./deno_entries.ts";
import { readTestReport, type TestReport } from "./test_report.ts";

/** How many characters of a failure are said again at the end. */
const FAILURE_LENGTH = 2000;
/**
 * How many memories of WebAssembly a process of Bun may have before each new one collects all garbage first. Its own
 * limit is 8: tests that make a cluster each, one after another, spent a third of their time in the collector.
 */
const FAST_MEMORIES = "1000";
/** What tests go through in Deno: half of what they go through in Bun, or with `--all` all of it, too. */
const extent = process.argv.includes("--all") ? "all" : "halved";
const NO_TESTS: TestReport = { passed: 0, failed: 0, skipped: 0, failures: [] };
/** How many steps go on at a time: one more than the two cores of a runner, as some tests wait for the most part. */
const LANES = 3;

interface Outcome extends TestReport {
  readonly step: CheckStep;
  readonly seconds: number;
  readonly processorSeconds: number;
}

const folder = await mkdtemp(join(tmpdir(), "firn-check-"));
const tests = await listTests();
await writeDenoEntries(tests, join(folder, "tests"));
const outcomes = await runSteps(listSteps(tests, folder), LANES);
await rm(folder, { recursive: true });

for (const { step, failures } of outcomes) {
  for (const failure of failures) console.log(`\n── ${step.name} failed: ${failure.slice(0, FAILURE_LENGTH)}`);
}
console.log("");
for (const { step, seconds, processorSeconds, passed, failed, skipped } of outcomes) {
  const counts = step.report ? `  ${passed} passed, ${failed} failed, ${skipped} skipped` : "";
  const times = `${seconds.toFixed(1).padStart(6)} s${processorSeconds.toFixed(1).padStart(7)} s of processors`;
  console.log(`${failed === 0 ? "ok    " : "FAILED"} ${step.name.padEnd(17)}${times}${counts}`);
}
const sum = (pick: (report: TestReport) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
const failed = sum((counts) => counts.failed);
console.log(`${sum((counts) => counts.passed)} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Every file of tests. */
async function listTests(): Promise<string[]> {
  const paths = await readdir("test", { recursive: true });
  return paths.filter((path) => path.endsWith("_test.ts")).map((path) => `test/${path}`);
}

/** Steps in order, some of them at a time: each one that ends makes room for the next. */
async function runSteps(steps: readonly CheckStep[], atOnce: number): Promise<Outcome[]> {
  const waiting = [...steps];
  const done: Outcome[] = [];
  const work = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) done.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return done;
}

async function runStep(step: CheckStep): Promise<Outcome> {
  const start = performance.now();
  console.log(`── ${step.name} begins`);
  const { status, output, processorSeconds } = await runCommand(step.command);
  // Whole: what runs beside it would stand between its lines.
  console.log(`\n── ${step.name}: ${step.command.join(" ")}\n${output}`);
  const seconds = (performance.now() - start) / 1000;
  const report = step.report === undefined ? NO_TESTS : await readReport(step.report);
  if (report && (status === 0 || report.failed > 0)) return { step, seconds, processorSeconds, ...report };
  // A runner that dies, or a step that has no tests, fails as one.
  const failure = `exit code ${status}\n${output.trimEnd().slice(-FAILURE_LENGTH)}`;
  return { step, seconds, processorSeconds, ...(report ?? NO_TESTS), failed: 1, failures: [failure] };
}

/** How a command ended, what it said, and the processor time that it and what it started took. */
interface Ending {
  readonly status: number;
  readonly output: string;
  readonly processorSeconds: number;
}

async function runCommand(command: readonly string[]): Promise<Ending> {
  const env = { ...process.env, BUN_JSC_maxNumWasmFastMemories: FAST_MEMORIES, FIRN_TESTS: extent };
  const parts: Uint8Array[] = [];
  const take = async (stream: AsyncIterable<Uint8Array>) => {
    for await (const part of stream) parts.push(part);
  };
  try {
    const child = Bun.spawn([...command], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    await Promise.all([take(child.stdout), take(child.stderr), child.exited]);
    const processorSeconds = Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6;
    return { status: child.exitCode ?? 1, output: Buffer.concat(parts).toString(), processorSeconds };
  } catch (error) {
    return { status: 127, output: `Cannot start ${command[0]}: ${String(error)}`, processorSeconds: 0 };
  }
}

/** @returns undefined where a runner did not get to its end. */
async function readReport(path: string): Promise<TestReport | undefined> {
  try {
    return readTestReport(await readFile(path, "utf8"));
  } catch (error) {
    console.error(String(error));
    return undefined;
  }
}
