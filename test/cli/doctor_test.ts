import { describe, expect, test } from "bun:test";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { formatFindings } from "../../src/cli/commands/doctor.ts";
import { findEngines } from "../../src/cli/doctor/find_engines.ts";
import { findProcesses } from "../../src/cli/doctor/find_processes.ts";
import { runCommand } from "../../src/cli/doctor/run_command.ts";
import { assertProcessesShare } from "../../src/cluster/processes/probe_processes.ts";
import { RefusalError } from "../../src/core/errors/errors.ts";
import { CARRIER_VARIABLE } from "../../src/engine/onnxruntime/choose_carrier.ts";
import { lacksCudaProvider } from "../../src/engine/onnxruntime/cuda/cuda_provider.ts";
import { BACKEND_PACKAGES, findMissingPackage } from "../../src/engine/tfjs/backends/optional_package.ts";
import { captureCli } from "../support/captured_cli.ts";

interface Listed {
  group: string;
  name: string;
  isThere: boolean;
  detail: string;
  install?: string;
}

describe("doctor", () => {
  test("says what is there, and of everything else why not and what installs it", async () => {
    const { status, stdout } = await captureCli(["doctor", "--json"]);
    expect(status).toBe(0);
    const findings: Listed[] = JSON.parse(stdout);
    for (const { isThere, detail, install } of findings) {
      expect(detail).not.toBe("");
      expect(install === undefined).toBe(isThere);
      expect(detail).not.toMatch(/npm install|apt-get|install it with/);
    }
    const own = process.versions.deno ? "deno" : "bun";
    const there = findings.filter(({ isThere }) => isThere).map(({ group, name }) => `${group} ${name}`);
    for (const name of [
      `runtime ${own}`,
      "machine cores",
      "engine onnxruntime cpu",
      "engine tfjs wasm",
      "decoder images",
      "data set MNIST",
    ]) {
      expect(there).toContain(name);
    }
    expect(findings.map(({ name }) => name)).toContain("tfjs tensorflow-gpu");
    const processes = findings.find(({ name }) => name === "replicas in processes");
    expect(processes?.isThere).toBe(
      await assertProcessesShare().then(
        () => true,
        () => false,
      ),
    );
    const mpi = findings.filter(({ group }) => group === "ranks");
    expect(mpi.map(({ name }) => name)).toEqual(["MPI library", "mpiexec"]);
    if (mpi[0]?.isThere) expect(mpi[0].detail).toMatch(/^(?:Open MPI|MPICH) v?\d.*libmp.*, by the interface of/);
    const { detail } = findings.find(({ name }) => name === "onnxruntime cpu") ?? {};
    expect(detail).toMatch(/^computes as onnxruntime, by the C API of onnxruntime 1\.\d+\.\d+$/);
  }, 60_000);
});

describe("findEngines()", () => {
  const PROBE = fileURLToPath(new URL("../../src/cli/doctor/engine_probe.ts", import.meta.url));
  const runtimeWords = process.versions.deno ? ["run", "--allow-all", PROBE] : [PROBE];

  test("starts a process for what is installed alone, and says of the rest what that process would", async () => {
    const tried: string[] = [];
    const findings = await findEngines((_, words) => {
      tried.push(words.slice(-2).join(" "));
      return Promise.resolve({ succeeded: true, stdout: "computes", complaint: "" });
    });
    for (const candidate of ["onnxruntime cpu", "onnxruntime webgpu", "tfjs cpu", "tfjs wasm"]) {
      expect(tried).toContain(candidate);
    }
    for (const [backend, wanted] of Object.entries(BACKEND_PACKAGES)) {
      expect(tried.includes(`tfjs ${backend}`)).toBe(findMissingPackage(wanted) === undefined);
    }
    if (!process.env[CARRIER_VARIABLE]) expect(tried.includes("onnxruntime cuda:0")).toBe(!lacksCudaProvider());
    for (const { name, detail, install } of findings.filter(({ isThere }) => !isThere)) {
      const [engine = "", place = ""] = name.replace(/cuda$/, "cuda:0").split(" ");
      const { succeeded, stdout } = await runCommand(process.execPath, [...runtimeWords, engine, place]);
      expect(succeeded).toBe(false);
      // TF.js's probe leaves out what installs its packages.
      const lines = engine === "tfjs" ? [detail] : [detail, `install: ${install}`];
      expect(stdout.split("\n")).toEqual(lines);
    }
  }, 60_000);
});

describe("findProcesses()", () => {
  test("says why replicas cannot live in processes", async () => {
    const why = "processes cannot share memory here: a child process ended with 1: no file";
    const [finding] = await findProcesses(() => Promise.reject(new RefusalError(why)));
    expect(finding).toMatchObject({ group: "machine", isThere: false, detail: why });
  });
});

describe("formatFindings()", () => {
  test("puts the line that installs a thing below it", () => {
    const missing = { group: "engine", name: "x", isThere: false, detail: "no x", install: "npm install x" } as const;
    expect(formatFindings([missing])).toBe("engine  x  no  no x\n               install: npm install x\n");
  });
});

describe("runCommand()", () => {
  test("takes a program that is not there for one that has not succeeded", async () => {
    const { succeeded, complaint } = await runCommand("no-such-program-at-all", []);
    expect(succeeded).toBe(false);
    expect(complaint).not.toBe("");
  });
});
