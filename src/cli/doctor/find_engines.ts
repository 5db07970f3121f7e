import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Finding } from "./finding.ts";
import { runCommand } from "./run_command.ts";

interface Candidate {
  readonly name: string;
  /** What `engine_probe.ts` is called with. */
  readonly probe: readonly [engine: string, place: string];
  readonly install: string;
}

const CANDIDATES: readonly Candidate[] = [
  { name: "onnxruntime cpu", probe: ["onnxruntime", "cpu"], install: "npm install onnxruntime-node@1.30.0" },
  {
    name: "onnxruntime cuda",
    probe: ["onnxruntime", "cuda:0"],
    install: "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12",
  },
  {
    name: "onnxruntime webgpu",
    probe: ["onnxruntime", "webgpu"],
    install: "apt-get install mesa-vulkan-drivers, or the Vulkan driver of your GPU",
  },
  { name: "tfjs cpu", probe: ["tfjs", "cpu"], install: "npm install @tensorflow/tfjs@4.22.0" },
  { name: "tfjs wasm", probe: ["tfjs", "wasm"], install: "npm install @tensorflow/tfjs-backend-wasm@4.22.0" },
  {
    name: "tfjs tensorflow",
    probe: ["tfjs", "tensorflow"],
    install: "npm install --no-save @tensorflow/tfjs-node@4.22.0",
  },
  {
    name: "tfjs tensorflow-gpu",
    probe: ["tfjs", "tensorflow-gpu"],
    install: "npm install --no-save @tensorflow/tfjs-node-gpu@4.22.0",
  },
  {
    name: "tfjs webgpu",
    probe: ["tfjs", "webgpu"],
    install: "npm install --no-save @tensorflow/tfjs-backend-webgpu@4.22.0 webgpu",
  },
];

/** Tries every engine on every kind of device, each in a process of its own, one after another. */
export async function findEngines(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const candidate of CANDIDATES) findings.push(await probeEngine(candidate));
  return findings;
}

async function probeEngine({ name, probe, install }: Candidate): Promise<Finding> {
  const script = fileURLToPath(new URL("./engine_probe.ts", import.meta.url));
  const { succeeded, stdout, complaint } = await runCommand(process.execPath, [...runtimeFlags(), script, ...probe]);
  const detail = stdout.split("\n").at(-1) || complaint;
  return { group: "engine", name, isThere: succeeded, detail, ...(succeeded ? {} : { install }) };
}

/** What runs a file of TypeScript in this runtime. */
function runtimeFlags(): readonly string[] {
  return process.versions.deno ? ["run", "--allow-all", "--unstable-webgpu"] : [];
}
