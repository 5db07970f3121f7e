import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
/** Namespaces of this process's own, with a network of two hosts. */
const [A, B] = [`firn-a-${process.pid}`, `firn-b-${process.pid}`];
const NETWORK = [
  ["netns", "add", A],
  ["netns", "add", B],
  ["link", "add", "veth-a", "netns", A, "type", "veth", "peer", "name", "veth-b", "netns", B],
  ["-n", A, "addr", "add", "10.77.0.1/24", "dev", "veth-a"],
  ["-n", B, "addr", "add", "10.77.0.2/24", "dev", "veth-b"],
  ...[A, B].map((name) => ["-n", name, "link", "set", "lo", "up"]),
  ["-n", A, "link", "set", "veth-a", "up"],
  ["-n", B, "link", "set", "veth-b", "up"],
];
const MCA = {
  plm_rsh_agent: "",
  btl: "tcp,self",
  btl_tcp_if_include: "10.77.0.0/24",
  oob_tcp_if_include: "10.77.0.0/24",
};

function isOpenMpi4(): boolean {
  const { status, stdout } = spawnSync("mpirun", ["--version"], { encoding: "utf8" });
  return status === 0 && / 4\./.test(stdout);
}

function runIp(...words: string[]): boolean {
  return spawnSync("ip", words).status === 0;
}

const canMakeHosts = isOpenMpi4() && runIp("netns", "add", A) && runIp("netns", "del", A);
const without = canMakeHosts ? "" : " (skipped: no Open MPI 4, or no namespaces may be made here)";

describe("train on two hosts", () => {
  let data = "";
  beforeAll(async () => {
    if (canMakeHosts) for (const words of NETWORK) expect(runIp(...words)).toBe(true);
    data = await makeFolder(makeMNISTFiles({ trainPerClass: 15, testPerClass: 3 }));
  });
  afterAll(async () => {
    for (const name of canMakeHosts ? [A, B] : []) runIp("netns", "del", name);
    await removeFolders();
  });

  test.if(canMakeHosts)(
    `ends as on one, over the network between them${without}`,
    async () => {
      const agent = `#!/bin/sh\nshift\nexec ip netns exec ${B} sh -c "$*"\n`;
      const hosts = "10.77.0.1 slots=1\n10.77.0.2 slots=1\n";
      const folder = await makeFolder({ agent, hosts });
      await chmod(join(folder, "agent"), 0o755);
      const listWords = (out: string) => [
        ...["train", "--quiet", "--no-onnx", "--benchmark", "split-mnist:experiences=1", "--data", data],
        ...["--model", "mlp:hiddenSize=16,hiddenLayers=1", "--logical-shards", "2", "--workers", "0"],
        ...["--out", join(folder, out)],
      ];
      const mca = Object.entries({ ...MCA, plm_rsh_agent: join(folder, "agent") }).flatMap((pair) => [
        "--mca",
        ...pair,
      ]);
      const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : [];
      const own = [process.execPath, ...runtime, MAIN, ...listWords("shared")];
      const job = ["netns", "exec", A, "mpirun", "-np", "2", "--hostfile", join(folder, "hosts"), ...mca, ...own];
      const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
      const child = spawn("ip", job, { env: { ...process.env, ...asRoot }, stdio: "ignore" });
      expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
      await captureCli(listWords("whole"));
      expect(await readEnding(join(folder, "shared"))).toEqual(await readEnding(join(folder, "whole")));
      expect(await readFile(join(folder, "shared", "rank-1.log"), "utf8")).toContain("rank 1 of 2");
    },
    180_000,
  );
});
