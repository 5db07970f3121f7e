import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { IsolatedDevice } from "../../cluster/isolation.ts";
import { resolveModule } from "../../core/package_module.ts";
import { chooseBackend } from "../../engine/create_engine.ts";
import type { EngineKind } from "../../engine/engine_kind.ts";
import { findRequirement, nameSetup } from "../../engine/install_lines.ts";
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

/** Tries every engine on every kind of device, each in a process of its own, as many at a time as there are cores. */
export async function findEngines(): Promise<Finding[]> {
  const findings: Finding[] = [];
  const waiting = CANDIDATES.entries();
  const probeNext = async () => {
    for (const [place, candidate] of waiting) findings[place] = await probeEngine(candidate);
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
  return probeEngine({ engine, place, install: findRequirement(engine, device).install }, environment);
}

/** Tries one native backend of TF.js, in a process of its own. */
export async function findBackend(place: "tensorflow" | "tensorflow-gpu"): Promise<Finding> {
  return probeEngine({ engine: "tfjs", place, install: nameSetup("tensorflow") });
}

async function probeEngine({ engine, place, install }: Candidate, environment = {}): Promise<Finding> {
  const script = fileURLToPath(resolveModule("./engine_probe.ts", import.meta.url));
  const { succeeded, stdout, complaint } = await runCommand(
    process.execPath,
    [...runtimeFlags(), script, engine, place],
    { environment },
  );
  const lines = stdout.split("\n");
  const advice = lines.at(-1)?.startsWith(INSTALL_PREFIX) ? lines.pop()?.slice(INSTALL_PREFIX.length) : undefined;
  const detail = lines.at(-1) || complaint;
  const name = `${engine} ${place.replace(/:0$/, "")}`;
  return { group: "engine", name, isThere: succeeded, detail, ...(succeeded ? {} : { install: advice ?? install }) };
}

/** What runs a file of TypeScript in this runtime. */
function runtimeFlags(): readonly string[] {
  return process.versions.deno ? ["run", "--allow-all"] : [];
}
