import { describeCause, RefusalError } from "../../core/errors/errors.ts";
import type { PeerFinder } from "./service.ts";

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Several threads listen on the same port, and the operating system deals out connections. */
  readonly isShared: boolean;
}

/** A port that is listened on. */
export interface HttpListener {
  readonly port: number;
  /** Takes no more connections, where the runtime can do that by itself; those that are open go on. */
  stopListening(): void;
  /** Ends open connections. */
  close(): Promise<void>;
}

type Handler = (request: Request, findPeer: PeerFinder) => Promise<Response>;

/** What is used of Bun. */
interface BunServing {
  serve(options: object): BunServer;
}

interface BunServer {
  readonly port?: number;
  requestIP(request: Request): { readonly address: string } | null;
  stop(endsConnections?: boolean): Promise<void>;
}

/** What is used of Deno. */
interface DenoServing {
  serve(options: object, handler: (request: Request, info: DenoPeer) => Promise<Response>): DenoServer;
}

interface DenoPeer {
  readonly remoteAddr: { readonly hostname?: string };
}

interface DenoServer {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
}

/** Seconds after which Bun ends a connection on which nothing happens. */
const IDLE_SECONDS = 120;

/**
 * Listens by the runtime's own server.
 * @throws {RefusalError} If the port is taken or may not be used.
 */
export function listen(handler: Handler, options: ListenOptions): HttpListener {
  try {
    return "Bun" in globalThis ? listenInBun(handler, options) : listenInDeno(handler, options);
  } catch (cause) {
    const { host, port } = options;
    throw new RefusalError(`cannot listen on ${host}:${port}: ${describeCause(cause)}`, { cause });
  }
}

function listenInBun(handler: Handler, { host, port, isShared }: ListenOptions): HttpListener {
  const server = readBun().serve({
    hostname: host,
    port,
    reusePort: isShared,
    idleTimeout: IDLE_SECONDS,
    // Sizes are the reader's business, which answers with JSON.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch: (request: Request, own: BunServer) => handler(request, () => own.requestIP(request)?.address),
  });
  return {
    port: server.port ?? port,
    stopListening: () => void server.stop(),
    close: () => server.stop(true),
  };
}

function listenInDeno(handler: Handler, { host, port, isShared }: ListenOptions): HttpListener {
  const ending = new AbortController();
  const server = readDeno().serve(
    { hostname: host, port, reusePort: isShared, signal: ending.signal, onListen: () => undefined },
    (request, { remoteAddr }) => handler(request, () => remoteAddr.hostname),
  );
  return {
    port: server.addr.port,
    // A graceful shutdown waits for good for a request whose body was not read to its end, and cannot be cut short.
    stopListening: () => undefined,
    async close() {
      ending.abort();
      await server.finished;
    },
  };
}

function readBun(): BunServing {
  const bun: unknown = Reflect.get(globalThis, "Bun");
  if (isServing<BunServing>(bun)) return bun;
  throw new Error("neither Bun nor Deno runs this");
}

/** Whether several threads can listen on one port: Deno ends the process where they try without --unstable-net. */
export function canSharePort(): boolean {
  if ("Bun" in globalThis) return true;
  const deno: unknown = Reflect.get(globalThis, "Deno");
  return typeof deno === "object" && deno !== null && "listenDatagram" in deno;
}

function readDeno(): DenoServing {
  const deno: unknown = Reflect.get(globalThis, "Deno");
  if (isServing<DenoServing>(deno)) return deno;
  throw new Error("neither Bun nor Deno runs this");
}

function isServing<Runtime extends BunServing | DenoServing>(value: unknown): value is Runtime {
  return typeof value === "object" && value !== null && "serve" in value && typeof value.serve === "function";
}
