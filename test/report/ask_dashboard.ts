/**
 * Asks a dashboard of its own and prints the answers as JSON: a program of its own, because tests in Deno may not use
 * the network. Words: a run directory.
 */
import { symlink, truncate } from "node:fs/promises";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { DashboardServer } from "../../src/report/dashboard_server.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask(port: number, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, headers, method, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
      response.on("error", reject);
    });
    call.on("error", reject);
    call.end();
  });
}

/** Sends bytes as they are; everything that comes back until the connection ends. */
function send(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (bytes) => {
      answer += String(bytes);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
    socket.write(text);
  });
}

/** The status of the answer to a request with this first line. */
async function sendLine(port: number, line: string): Promise<string | undefined> {
  const answer = await send(port, `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  return answer.split(" ")[1];
}

/** Asks for a model that is larger than what a connection holds, and reads nothing of the answer. */
function askUnread(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.pause();
  socket.on("error", () => undefined);
  socket.write("GET /onnx/experience-001.onnx HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  return socket;
}

/** Asks until somebody answers: a connection above the limit is closed without an answer. */
async function askAgain(port: number): Promise<Answer> {
  for (;;) {
    const answer = await ask(port, "/").catch(() => undefined);
    if (answer) return answer;
  }
}

const [folder = ""] = process.argv.slice(2);
const server = await DashboardServer.start(0);
const { port } = server;
const early = await ask(port, "/");
server.show(folder);
const page = await ask(port, "/");
const main = await ask(port, "/main");
const idle = await ask(port, "/progress");
server.tell("Training on experience 3");
const progress = [idle, await ask(port, "/progress"), await ask(port, "/")].map(({ status, body }) => ({
  status,
  body,
}));
server.tell("");
const tag = String(main.headers.etag);
const lines = [
  "GET //",
  "GET http://[",
  "GET http://evil.example/",
  "POST /",
  "DELETE /",
  "TRACE /",
  "PUT /main",
  "NONSENSE /",
];
const answers = {
  early,
  page,
  main,
  progress,
  unchanged: await ask(port, "/main", { "if-none-match": tag }),
  head: await ask(port, "/", {}, "HEAD"),
  headOfModel: await ask(port, "/onnx/experience-000.onnx", {}, "HEAD"),
  refused: await ask(port, "/main", {}, "POST"),
  model: await ask(port, "/onnx/experience-000.onnx"),
  others: await Promise.all(
    ["/config.json", "/onnx/../config.json", "/onnx/experience-009.onnx", "/%2e%2e/x"].map((path) => ask(port, path)),
  ),
  foreign: await ask(port, "/", { host: "elsewhere.example" }),
  lines: Object.fromEntries(await Promise.all(lines.map(async (line) => [line, await sendLine(port, line)]))),
  largeHeader: await send(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: ${"x".repeat(9000)}\r\n\r\n`),
  pipelined: (await send(port, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(3))).split("HTTP/1.1 ").length - 1,
  flood: (await send(port, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(5000))).split("HTTP/1.1 ").length - 1,
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

const strict = await DashboardServer.start(0, {
  maxConnections: 1,
  maxHeaderBytes: 8192,
  requestMs: 100,
  answerMs: 100,
});
strict.show(folder);
const slow = await send(strict.port, "GET / HTTP/1.1\r\n");
await truncate(join(folder, "onnx/experience-001.onnx"), 1 << 26);
const unread = askUnread(strict.port);
const afterUnread = await askAgain(strict.port);
await symlink(join(folder, "config.json"), join(folder, "onnx/experience-002.onnx"));
const linked = await askAgain(strict.port).then(() => ask(strict.port, "/onnx/experience-002.onnx"));
unread.destroy();
await strict.close();
process.stdout.write(JSON.stringify({ ...answers, closed, slow, afterUnread, linked }));
