import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { IsolatedDevice } from "../../cluster/isolation.ts";
import type { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import { resolveModule } from "../../core/package_module.ts";
import { chooseBackend } from "../../engine/create_engine.ts";
import type { EngineKind } from "../../engine/engine_kind.ts";
import { findRequirement, nameSetup } from "../../engine/install_lines.ts";
import { CARRIER_VARIABLE } from "../../engine/onnxruntime/choose_carrier.ts";
import { findMissingDevice } from "../../engine/onnxruntime/refuse_device.ts";
import { BACKEND_PACKAGES, findMissingPackage } from "../../engine/tfjs/backends/optional_package.ts";
import { type Finding, INSTALL_PREFIX } from "./finding.ts";
import { runCommand } from "./run_command.ts";

/** An engine, and where `engine_probe.ts` is to compute with it: a device, for TF.js a backend. */
interface Candidate {
  readonly engine: EngineKind;
  readonly place: string;
  readonly install: string;
}

const CANDIDATES: readonly Candidate[] = [
  listed("onnxruntime", "cpu"),
  listed("onnxruntime", "cuda:0"),
  listed("onnxruntime", "webgpu"),
  listed("tfjs", "cpu"),
  { engine: "tfjs", place: "wasm", install: "npm install @tensorflow/tfjs-backend-wasm@4.22.0" },
  { engine: "tfjs", place: "tensorflow", install: nameSetup("tensorflow") },
  { ...listed("tfjs", "cuda:0"), place: "tensorflow-gpu" },
  listed("tfjs", "webgpu"),
];

function listed(engine: EngineKind, place: string): Candidate {
  return { engine, place, install: findRequirement(engine, place).install };
}

/**
 * Tries every engine on every kind of device, each in a process of its own, as many at a time as there are cores. What
 * needs a package that is not installed is not tried.
 * @param run Starts a process.
 */
export async function findEngines(run = runCommand): Promise<Finding[]> {
  const findings: Finding[] = [];
  const waiting = CANDIDATES.entries();
  const probeNext = async () => {
    for (const [place, candidate] of waiting) findings[place] = await probeEngine(candidate, { run });
  };
  await Promise.all(Array.from({ length: availableParallelism() }, probeNext));
  return findings;
}

/**
 * Tries one engine on one device, in a process of its own.
 * @throws {RangeError} If TF.js cannot be told to take that device.
 */
export async function findDevice(engine: EngineKind, { device, environment }: IsolatedDevice): Promise<Finding> {
  const backend = engine === "tfjs" ? chooseBackend(device) : device;
  const place = backend === "auto" ? device : backend;
  return probeEngine({ engine, place, install: findRequirement(engine, device).install }, { environment });
}

/** Tries one native backend of TF.js, in a process of its own. */
export async function findBackend(place: "tensorflow" | "tensorflow-gpu"): Promise<Finding> {
  return probeEngine({ engine: "tfjs", place, install: nameSetup("tensorflow") });
}

async function probeEngine(
  candidate: Candidate,
  {
    environment = {},
    run = runCommand,
  }: { readonly environment?: Readonly<Record<string, string>>; readonly run?: typeof runCommand } = {},
): Promise<Finding> {
  const { engine, place, install } = candidate;
  const name = `${engine} ${place.replace(/:0$/, "")}`;
  const missing = findMissing(candidate);
  if (missing) return { group: "engine", name, isThere: false, detail: missing.problem, install: missing.install };
  const script = fileURLToPath(resolveModule("./engine_probe.ts", import.meta.url));
  const { succeeded, stdout, complaint } = await run(process.execPath, [...runtimeFlags(), script, engine, place], {
    environment,
  });
  const lines = stdout.split("\n");
  const advice = lines.at(-1)?.startsWith(INSTALL_PREFIX) ? lines.pop()?.slice(INSTALL_PREFIX.length) : undefined;
  const detail = lines.at(-1) || complaint;
  return { group: "engine", name, isThere: succeeded, detail, ...(succeeded ? {} : { install: advice ?? install }) };
}

/** What is not installed of what a candidate needs, with the line that installs it. */
function findMissing({
  engine,
  place,
  install,
}: Candidate): Pick<NotInstalledError, "problem" | "install"> | undefined {
  switch (engine) {
    case "onnxruntime":
      // What the environment asks for may be refused before the device.
      return process.env[CARRIER_VARIABLE] ? undefined : findMissingDevice(place);
    case "tfjs": {
      const wanted = Object.entries(BACKEND_PACKAGES).find(([backend]) => backend === place)?.[1];
      const missing = wanted && findMissingPackage(wanted);
      return missing && { problem: missing.problem, install };
    }
  }
}

/** What runs a file of TypeScript in this runtime. */
function runtimeFlags(): readonly string[] {
  return process.versions.deno ? ["run", "--allow-all"] : [];
}
