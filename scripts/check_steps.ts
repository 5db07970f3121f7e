import { join } from "node:path";
import { nameDenoEntry } from "./deno_entries.ts";

/** How long Bun lets a test or a hook take that names no limit of its own: a busy machine is slow. */
const LIMIT_MS = 120_000;

/** One command of the check. */
export interface CheckStep {
  readonly name: string;
  readonly command: readonly string[];
  /** Where the command leaves a JUnit report, if it runs tests. */
  readonly report?: string;
}

/** What needs no test. */
const STATIC: readonly CheckStep[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings"] },
  { name: "unused code", command: ["knip"] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "."] },
  { name: "types in Deno", command: ["deno", "check", "src/mod.ts", "src/cli/main.ts", "workers/replica.ts"] },
  { name: "API reference", command: ["bun", "scripts/docs/main.ts", "--html"] },
];

/** What takes longest, in this order: what begins last must be short, as the others then have nothing to do. */
export const LONGEST: readonly string[] = [
  ...["Deno, cli", "Bun, cli", "native TensorFlow", "ranks"],
  ...STATIC.map(({ name }) => name),
  ...["Bun, package", "Deno, engine", "Bun, methods", "Deno, methods", "Deno, cluster", "Bun, engine"],
  ...["Bun, cluster", "Bun, onnx", "Bun, examples", "Bun, runs", "Bun, serving", "Deno, onnx", "Deno, training"],
];

/**
 * The steps of the check, those that take longest first. Each folder in `test` is a step in Bun and one in Deno: a
 * process of Bun 1.4.5 aborts when it starts its 257th Worker that has loaded a native library.
 * @param tests Paths of test files below the working directory.
 * @param folder Where reports are written, and where the folder "tests" holds what `writeDenoEntries` wrote.
 */
export function listSteps(tests: readonly string[], folder: string): CheckStep[] {
  const rooms = [...new Set(tests.map((path) => path.split("/")[1] ?? path))].sort();
  const tensorflowReport = join(folder, "native_tensorflow.xml");
  const tensorflow = ["bun", "scripts/native_tensorflow.ts", tensorflowReport];
  const ranksReport = join(folder, "ranks.xml");
  const steps = [
    ...STATIC,
    { name: "native TensorFlow", command: tensorflow, report: tensorflowReport },
    { name: "ranks", command: ["bun", "scripts/ranks.ts", ranksReport], report: ranksReport },
    ...rooms.map((room) => createBunStep(room, folder)),
    ...rooms.map((room) => createDenoStep(room, folder)),
  ];
  const place = ({ name }: CheckStep) => (LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length);
  return steps.sort((a, b) => place(a) - place(b));
}

function createBunStep(room: string, folder: string): CheckStep {
  const report = join(folder, `bun-${room}.xml`);
  const command = ["bun", "test", `--timeout=${LIMIT_MS}`, "--reporter=junit", `--reporter-outfile=${report}`];
  return { name: `Bun, ${room}`, command: [...command, `./test/${room}/`], report };
}

function createDenoStep(room: string, folder: string): CheckStep {
  const report = join(folder, `deno-${room}.xml`);
  const command = ["deno", "test", "--allow-all", "--no-check", "--config=deno.json", `--junit-path=${report}`];
  return { name: `Deno, ${room}`, command: [...command, join(folder, "tests", nameDenoEntry(`test/${room}`))], report };
}
