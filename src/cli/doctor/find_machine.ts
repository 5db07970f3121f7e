import os from "node:os";
import process from "node:process";
import { isBuilt } from "../../core/package_module.ts";
import type { Finding } from "./finding.ts";
import { runCommand } from "./run_command.ts";

const IN_CLONE = !isBuilt(import.meta.url);
/** Runtimes by the name of their program, with the line that installs them in a project. */
const RUNTIMES = [
  { name: "bun", install: IN_CLONE ? "npm ci" : "npm install bun" },
  { name: "deno", install: IN_CLONE ? "npm ci" : "npm install deno" },
  { name: "node", install: "see nodejs.org; only npm needs it" },
] as const;

/** The runtime that this is, and the others that are there. */
export async function findRuntimes(): Promise<Finding[]> {
  const own = ["bun", "deno"].find((name) => process.versions[name] !== undefined) ?? "node";
  return Promise.all(
    RUNTIMES.map(async ({ name, install }): Promise<Finding> => {
      if (name === own) {
        return { group: "runtime", name, isThere: true, detail: `${process.versions[name] ?? ""}, runs this` };
      }
      const { succeeded, stdout } = await runCommand(name, ["--version"]);
      if (!succeeded) return { group: "runtime", name, isThere: false, detail: "not on the PATH", install };
      const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? stdout;
      return { group: "runtime", name, isThere: true, detail: version };
    }),
  );
}

/** Cores and memory. */
export function findMachine(): Finding[] {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const model = os.cpus()[0]?.model.trim() ?? "of an unknown kind";
  return [
    { group: "machine", name: "cores", isThere: true, detail: `${os.availableParallelism()} × ${model}` },
    {
      group: "machine",
      name: "memory",
      isThere: true,
      detail: `${gibibytes(os.totalmem())}, ${gibibytes(os.freemem())} free`,
    },
  ];
}

/** NVIDIA's GPUs, as the driver lists them. */
export async function findDevices(): Promise<Finding[]> {
  const query = ["--query-gpu=index,name,memory.total", "--format=csv,noheader"];
  const { succeeded, stdout } = await runCommand("nvidia-smi", query);
  if (!succeeded || stdout === "") {
    const detail = "nvidia-smi lists no GPU";
    return [{ group: "device", name: "cuda", isThere: false, detail, install: "apt-get install nvidia-driver" }];
  }
  return stdout.split("\n").map((line) => {
    const [index = "?", ...rest] = line.split(",").map((part) => part.trim());
    return { group: "device", name: `cuda:${index}`, isThere: true, detail: rest.join(", ") };
  });
}
