/**
 * A server in a process of its own, so that its processor time can be told from that of its clients. Parameter: JSON
 * {"path": an ONNX file, "server": "firn" | "plain"}. It says {"port"}; to each line it answers {"cpuMicroseconds"}.
 */
import process from "node:process";
import { serve } from "../../../src/serving.ts";
import { serveLines } from "../../peers/serve_lines.ts";
import { startPlainServer } from "./plain_server.ts";

const { path, server } = JSON.parse(process.argv[2] ?? "{}");
const port =
  server === "plain"
    ? await startPlainServer(path)
    : (await serve({ models: [{ path, name: "bench" }], maxForgetting: 1 })).port;

await serveLines({ port }, async () => {
  const { user, system } = process.cpuUsage();
  return { cpuMicroseconds: user + system };
});
process.exit(0);
