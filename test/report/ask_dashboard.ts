/**
 * Asks a dashboard of its own and prints the answers as JSON: a program of its own, because tests in Deno may not use
 * the network. Words: a run directory.
 */
import { request } from "node:http";
import process from "node:process";
import { DashboardServer } from "../../src/report/dashboard_server.ts";

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly etag: string | undefined;
  readonly body: string;
}

function ask(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => {
        const { etag, "content-type": type } = response.headers;
        resolve({ status: response.statusCode, type, etag, body });
      });
    });
    call.on("error", reject);
    call.end();
  });
}

const [folder = ""] = process.argv.slice(2);
const server = await DashboardServer.start(0);
const { port } = server;
const early = await ask(port, "/");
server.show(folder);
const page = await ask(port, "/");
const main = await ask(port, "/main");
const answers = {
  early,
  page,
  main,
  unchanged: await ask(port, "/main", { "if-none-match": main.etag ?? "" }),
  model: await ask(port, "/onnx/experience-000.onnx"),
  others: await Promise.all(
    ["/config.json", "/onnx/../config.json", "/onnx/experience-009.onnx", "/%2e%2e/x"].map((path) => ask(port, path)),
  ),
  foreign: await ask(port, "/", { host: "elsewhere.example" }),
  taken: await DashboardServer.start(port).then(
    () => "no refusal",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  ),
};
await server.close();
const closed = await ask(port, "/").then(
  () => false,
  () => true,
);
process.stdout.write(JSON.stringify({ ...answers, closed }));
