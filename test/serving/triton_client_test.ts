import { afterAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { serve } from "../../src/serving/serve.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { writeVersion } from "./made_models.ts";

afterAll(removeFolders);

const PYTHON = process.env.FIRN_TRITON_PYTHON ?? "python3";
const PROGRAM = fileURLToPath(new URL("./triton_client.py", import.meta.url));
const hasClient = spawnSync(PYTHON, ["-c", "import tritonclient.http, tritonclient.grpc"]).status === 0;
const remark = hasClient ? "" : ` (skipped: ${PYTHON} has no tritonclient; pip install "tritonclient[all]")`;

/** Runs the program while this process serves. */
function runClient(words: readonly string[]): Promise<string> {
  return new Promise((done) => {
    let text = "";
    const child = spawn(PYTHON, [PROGRAM, ...words]);
    child.stdout.on("data", (bytes) => (text += bytes));
    child.stderr.on("data", (bytes) => (text += bytes));
    child.on("close", () => done(text));
  });
}

describe("Triton's own client", () => {
  test.if(hasClient)(
    `works unchanged over HTTP, asyncio and gRPC${remark}`,
    async () => {
      const folder = await makeFolder({});
      for (const version of [0, 1]) await writeVersion(folder, version, { classNames: ["ant", "bee", "cat"] });
      await using serving = await serve({ models: [{ path: folder, name: "made" }], grpcPort: 0 });
      const words = [serving.url.replace("http://", ""), `127.0.0.1:${serving.grpcPort}`, "made"];
      expect((await runClient(words)).trim().split("\n").at(-1)).toBe("ok");
    },
    60_000,
  );
});
