import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join, resolve } from "node:path";
import { assertInRange, cannot, describeCause, RefusalError } from "../core/errors.ts";
import { createPage, createPageBody } from "./create_page.ts";
import { DASHBOARD_SCRIPT } from "./dashboard_script.ts";
import { readRun } from "./read_run.ts";

/** Loopback alone: what a run learned is nobody else's business. */
const HOST = "127.0.0.1";

/** Serves the page on a run on this machine's loopback, always as the run stands, and the models that it links to. */
export class DashboardServer {
  #folder: string | undefined;
  readonly #server: Server;
  #drawn: { readonly version: string; readonly text: string } | undefined;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /**
   * Starts to listen; there is nothing to see before `show`.
   * @param port 0 takes a free one.
   * @throws {Error} If the port is taken or may not be used.
   */
  static async start(port: number): Promise<DashboardServer> {
    assertInRange("serve the dashboard", "the port", port, [0, 65535]);
    const dashboard = new DashboardServer();
    await new Promise<void>((done, fail) => {
      dashboard.#server.once("error", (cause) =>
        fail(new RefusalError(cannot("serve the dashboard", "a free port", `${port} (${cause.message})`), { cause })),
      );
      dashboard.#server.listen(port, HOST, done);
    });
    return dashboard;
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Serves the run in this folder from now on. */
  show(folder: string): void {
    this.#folder = resolve(folder);
    this.#drawn = undefined;
  }

  /** Ends it, with connections that are still open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", `http://${HOST}`);
    try {
      // A page from elsewhere may resolve its own name to this machine: it must not read along.
      if (!isLocal(request.headers.host)) return sendText(response, 403, "Only this machine may ask");
      const folder = this.#folder;
      if (folder === undefined) return sendText(response, 503, "The run has not begun yet: ask again");
      if (pathname === "/") {
        const page = await createPage([await readRun(folder)], { folder, script: DASHBOARD_SCRIPT });
        send(response, 200, page, { "content-type": "text/html; charset=utf-8" });
      } else if (pathname === "/main") await this.#sendMain(folder, request, response);
      else await sendModel(folder, pathname, response);
    } catch (error) {
      sendText(response, 500, describeCause(error));
    }
  }

  /** The page's contents, drawn anew when a file of the run has changed. */
  async #sendMain(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const version = await readVersion(folder);
    if (request.headers["if-none-match"] === version) return send(response, 304, "", {});
    if (this.#drawn?.version !== version) {
      this.#drawn = { version, text: (await createPageBody([await readRun(folder)], folder)).text };
    }
    send(response, 200, this.#drawn.text, { "content-type": "text/html; charset=utf-8", etag: version });
  }
}

/** Only the models that the run states: a path chosen by the reader names no other file. */
async function sendModel(folder: string, pathname: string, response: ServerResponse): Promise<void> {
  const { experiences } = await readRun(folder);
  const model = experiences.find(({ onnx }) => onnx && pathname === `/${onnx.path}`)?.onnx;
  if (!model) return sendText(response, 404, "There is no such page");
  send(response, 200, await readFile(join(folder, model.path)), { "content-type": "application/octet-stream" });
}

/** Tells one state of a run's files from another. */
async function readVersion(folder: string): Promise<string> {
  const states = ["summary.json", "metrics.jsonl"].map(async (name) => {
    const { mtimeMs = 0, size = 0 } = (await stat(join(folder, name)).catch(() => undefined)) ?? {};
    return `${mtimeMs}-${size}`;
  });
  const digest = createHash("sha256").update((await Promise.all(states)).join());
  return `"${digest.digest("hex").slice(0, 16)}"`;
}

function isLocal(host: string | undefined): boolean {
  return host !== undefined && /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, text, { "content-type": "text/plain; charset=utf-8" });
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { "cache-control": "no-store", ...headers });
  response.end(body);
}
