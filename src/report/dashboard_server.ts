import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { clearTimeout, setTimeout } from "node:timers";
import { describeCause, RangeRefusal, RefusalError } from "../core/errors/errors.ts";
import { ALLOWED_METHODS, readRequest } from "./dashboard_request.ts";
import { DASHBOARD_SCRIPT } from "./dashboard_script.ts";
import { DrawnRun } from "./drawn_run.ts";

const MAX_PORT = 65_535;

/** Loopback alone: a run is not shown to other machines. */
const HOST = "127.0.0.1";

/** Limits of what the dashboard spends on requests. */
export interface DashboardLimits {
  readonly maxConnections: number;
  readonly maxHeaderBytes: number;
  /** How long a request may take to arrive. */
  readonly requestMs: number;
  /** How long an answer may take to be read. */
  readonly answerMs: number;
}

const LIMITS: DashboardLimits = { maxConnections: 16, maxHeaderBytes: 8192, requestMs: 10_000, answerMs: 120_000 };

/** Requests that may be sent behind the first one without an end of the connection at once. */
const MAX_PIPELINED = 16;

const HTML = { "content-type": "text/html; charset=utf-8" };
const TEXT = { "content-type": "text/plain; charset=utf-8" };
const ALWAYS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
  // One request a connection: who sends many at once and reads no answer costs the memory of one.
  connection: "close",
};

/**
 * Serves the page on a run on this machine's loopback, as the run stands, and the models that it links to. It answers
 * GET and HEAD, one request a connection.
 */
export class DashboardServer {
  #run: DrawnRun | undefined;
  #progress = "";
  readonly #server: Server;
  readonly #answerMs: number;
  /** Requests by connection. */
  readonly #requests = new WeakMap<Socket, number>();

  private constructor({ maxConnections, maxHeaderBytes, requestMs, answerMs }: DashboardLimits) {
    const timing = { headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: requestMs / 4 };
    const options = { maxHeaderSize: maxHeaderBytes, ...timing };
    this.#server = createServer(options, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = maxConnections;
    this.#answerMs = answerMs;
    this.#server.on("clientError", (_error, socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
      else socket.destroy();
    });
  }

  /**
   * Starts to listen; there is nothing to see before `show`.
   * @param port 0 takes a free one.
   * @throws {RangeRefusal} If there is no such port.
   * @throws {RefusalError} If it is taken or may not be used.
   */
  static async start(port: number, limits: DashboardLimits = LIMITS): Promise<DashboardServer> {
    if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
      throw new RangeRefusal(`the dashboard's port must be a whole number from 0 to ${MAX_PORT}, got ${port}`);
    }
    const dashboard = new DashboardServer(limits);
    await new Promise<void>((done, fail) => {
      // The listener stays: an error of a connection that comes later must not end the program.
      dashboard.#server.on("error", (cause) =>
        fail(new RefusalError(`the dashboard cannot listen on port ${port}: ${cause.message}`, { cause })),
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
    this.#run = new DrawnRun(resolve(folder), DASHBOARD_SCRIPT);
  }

  /** Shows what the run is doing: one line. */
  tell(progress: string): void {
    this.#progress = progress;
  }

  /** Ends it, with connections that are still open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const requests = (this.#requests.get(socket) ?? 0) + 1;
    this.#requests.set(socket, requests);
    if (requests > MAX_PIPELINED) socket.destroy();
    // The connection ends after the answer to the first one.
    if (requests > 1) return;
    const timer = setTimeout(() => socket.destroy(), this.#answerMs);
    response.on("close", () => clearTimeout(timer));
    response.on("error", () => socket.destroy());
    try {
      await this.#answerOnce(request, response);
    } catch (error) {
      if (response.headersSent) socket.destroy();
      else send(response, 500, describeCause(error), TEXT);
    }
  }

  async #answerOnce({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = readRequest({ method, target: url, host: headers.host });
    if (asked.kind === "refused") {
      const allow: Readonly<Record<string, string>> = asked.status === 405 ? { allow: ALLOWED_METHODS.join(", ") } : {};
      return send(response, asked.status, asked.reason, { ...TEXT, ...allow });
    }
    if (!this.#run) return send(response, 503, "The run has not begun yet: ask again", TEXT);
    if (asked.kind === "progress") return send(response, 200, this.#progress, TEXT);
    const { version, complete, main, models } = await this.#run.read();
    if (asked.kind === "model") {
      if (models.has(asked.path)) return sendModel(this.#run.folder, asked.path, response);
      return send(response, 404, "There is no such page", TEXT);
    }
    const { tag, page } = asked.kind === "page" ? complete(this.#progress) : { tag: version, page: main };
    if (headers["if-none-match"] === tag) return send(response, 304, "", { etag: tag });
    send(response, 200, page, { ...HTML, etag: tag });
  }
}

/** Sends a file of the run itself: not what a link in the folder leads to. */
async function sendModel(folder: string, path: string, response: ServerResponse): Promise<void> {
  const place = join(await realpath(folder), path);
  const found = await realpath(place).catch(() => undefined);
  if (found !== place) return send(response, 404, "There is no such page", TEXT);
  const { size } = await stat(place);
  response.writeHead(200, { ...ALWAYS, "content-type": "application/octet-stream", "content-length": size });
  if (response.req.method === "HEAD") response.end();
  else await pipeline(createReadStream(place, { end: Math.max(0, size - 1) }), response);
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const length = status === 304 ? {} : { "content-length": bytes.length };
  response.writeHead(status, { ...ALWAYS, ...headers, ...length });
  response.end(response.req.method === "HEAD" || status === 304 ? undefined : bytes);
}
