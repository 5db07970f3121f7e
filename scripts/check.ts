/**
 * The one command that checks everything: format and lint, unused code, types, the tests in Bun, the same tests in
 * Deno. The tests run the examples.
 * It goes on after a failure. What failed stands once more at the end, where those look who keep only the end of a
 * log; the last line is "N passed, N failed": tests of both runtimes, and every step that failed without a failing
 * test.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { writeDenoEntries } from "./deno_entries.ts";
import { readTestReport, type TestReport } from "./test_report.ts";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Where the command leaves a JUnit report, if it runs tests. */
  readonly report?: string;
}

/** How many characters of a failure are said again at the end. */
const FAILURE_LENGTH = 2000;
/**
 * How many memories of WebAssembly a process of Bun may have before each new one collects all garbage first. Its own
 * limit is 8: tests that make a cluster each, one after another, spent a third of their time in the collector.
 */
const FAST_MEMORIES = "1000";
const NO_TESTS: TestReport = { passed: 0, failed: 0, skipped: 0, failures: [] };
/** The folders whose tests take longest. */
const LONGEST = ["engine", "methods", "package", "runs"];

interface Outcome extends TestReport {
  readonly step: Step;
  readonly seconds: number;
}

const folder = await mkdtemp(join(tmpdir(), "firn-check-"));
const denoReport = join(folder, "deno.xml");
/** What runs first, one after another. */
const first: readonly Step[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings"] },
  { name: "unused code", command: ["knip"] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "."] },
  { name: "types in Deno", command: ["deno", "check", "src/mod.ts", "src/cli/main.ts", "workers/replica.ts"] },
  { name: "API reference", command: ["bun", "scripts/docs/main.ts", "--html"] },
];
const tests = await listTests();
const entries = await writeDenoEntries(tests, join(folder, "tests"));
const denoTest = ["deno", "test", "--allow-all", "--no-check", "--config=deno.json", `--junit-path=${denoReport}`];
/** What then runs, two at a time, as a runner keeps little more than one core busy; the longest begin first. */
const rest: readonly Step[] = [
  { name: "tests in Deno", command: [...denoTest, ...entries], report: denoReport },
  ...listTestFolders(tests).map(createBunStep),
];

const outcomes = [...(await runSteps(first, 1)), ...(await runSteps(rest, 2))];
await rm(folder, { recursive: true });

for (const { step, failures } of outcomes) {
  for (const failure of failures) console.log(`\n── ${step.name} failed: ${failure.slice(0, FAILURE_LENGTH)}`);
}
console.log("");
for (const { step, seconds, passed, failed, skipped } of outcomes) {
  const counts = step.report ? `  ${passed} passed, ${failed} failed, ${skipped} skipped` : "";
  console.log(
    `${failed === 0 ? "ok    " : "FAILED"} ${step.name.padEnd(16)}${seconds.toFixed(1).padStart(6)} s${counts}`,
  );
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

/**
 * Folders of tests. Bun gets one process for each: a process of Bun 1.4.5 aborts when it starts its 257th Worker that
 * has loaded a native library.
 */
function listTestFolders(tests: readonly string[]): string[] {
  const folders = [...new Set(tests.map((path) => path.split("/")[1] ?? path))].sort();
  return [...folders.filter((name) => LONGEST.includes(name)), ...folders.filter((name) => !LONGEST.includes(name))];
}

function createBunStep(name: string): Step {
  const report = join(folder, `bun-${name}.xml`);
  const command = ["bun", "test", "--timeout=30000", "--reporter=junit", `--reporter-outfile=${report}`];
  return { name: `Bun, ${name}`, command: [...command, `./test/${name}/`], report };
}

/** Steps in order, some of them at a time: each one that ends makes room for the next. */
async function runSteps(steps: readonly Step[], atOnce: number): Promise<Outcome[]> {
  const waiting = [...steps];
  const done: Outcome[] = [];
  const work = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) done.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return done;
}

async function runStep(step: Step): Promise<Outcome> {
  const start = performance.now();
  console.log(`── ${step.name} begins`);
  const { status, output } = await runCommand(step.command);
  // Whole: what runs beside it would stand between its lines.
  console.log(`\n── ${step.name}: ${step.command.join(" ")}\n${output}`);
  const seconds = (performance.now() - start) / 1000;
  const report = step.report === undefined ? NO_TESTS : await readReport(step.report);
  if (report && (status === 0 || report.failed > 0)) return { step, seconds, ...report };
  // A runner that dies, or a step that has no tests, fails as one.
  const failure = `exit code ${status}\n${output.trimEnd().slice(-FAILURE_LENGTH)}`;
  return { step, seconds, ...(report ?? NO_TESTS), failed: 1, failures: [failure] };
}

function runCommand([program = "", ...parameters]: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, BUN_JSC_maxNumWasmFastMemories: FAST_MEMORIES };
    const child = spawn(program, parameters, { env, stdio: ["ignore", "pipe", "pipe"] });
    const parts: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => parts.push(part));
    child.on("error", (error) => resolve({ status: 127, output: `Cannot start ${program}: ${error.message}` }));
    child.on("close", (code) => resolve({ status: code ?? 1, output: Buffer.concat(parts).toString() }));
  });
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
