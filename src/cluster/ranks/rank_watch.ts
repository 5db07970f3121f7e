import { randomBytes } from "node:crypto";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import process from "node:process";
import { z } from "zod";
import { LineReader } from "./line_reader.ts";
import { LostRankError } from "./lost_rank_error.ts";
import type { RankExchange } from "./rank_exchange.ts";
import type { RankFarewell } from "./ranks.ts";

/** How long one address of rank 0 is tried. */
const CONNECT_MS = 3000;
/** How often each side says that it lives, and how long it may be silent: its machine may have gone. */
const BEAT_MS = 5000;
const SILENCE_MS = 120_000;
/** How long a rank that fails waits for rank 0, which says so: a launcher may end all ranks once one has ended. */
const HEARD_MS = 3000;

/** Who watches whom, and what is done about a loss. */
export interface RankWatchOptions {
  /** True where all ranks are on one machine: nothing else can reach them then. */
  readonly isLocal: boolean;
  /** Called once, with the first rank whose loss ends the job. */
  readonly onLost: (error: LostRankError) => void;
  /** Called for each rank but rank 0 whose process has ended, where the others go on. Default: that ends the job. */
  readonly onGone?: (rank: number, error: LostRankError) => void;
}

/** Another rank, as it said at first. */
interface Peer {
  readonly rank: number;
  readonly name: string;
}

/** One line between two ranks, as JSON. "bye": all ranks leave together; "gone": they go on without one. */
const line = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("hello"), rank: z.number(), name: z.string(), token: z.string() }),
  z.object({ kind: z.literal("beat") }),
  z.object({ kind: z.literal("bye") }),
  z.object({ kind: z.literal("lost"), message: z.string() }),
  z.object({ kind: z.literal("gone"), rank: z.number(), message: z.string() }),
]);

type Line = z.infer<typeof line>;

/** What rank 0 tells the others: where it listens, and what they are to say. */
interface Invitation {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly token: string;
}

/**
 * Notices within a second that another rank's process has ended, which MPI does not: every rank keeps a connection to
 * rank 0, which the operating system closes with the process. A rank that cannot connect is watched by the launcher
 * alone.
 */
export class RankWatch implements RankFarewell {
  readonly #options: RankWatchOptions;
  readonly #size: number;
  readonly #peers = new Map<Socket, Peer>();
  /** What other ranks are called, also those that were lost. */
  readonly #names = new Map<number, string>();
  readonly #beat: ReturnType<typeof setInterval>;
  #server: Server | undefined;
  #isOver = false;

  private constructor(size: number, options: RankWatchOptions) {
    this.#size = size;
    this.#options = options;
    this.#beat = setInterval(() => this.#tellAll({ kind: "beat" }), BEAT_MS);
    this.#beat.unref();
  }

  /** Connects the ranks; all of them call it. */
  static async start(exchange: RankExchange, options: RankWatchOptions): Promise<RankWatch> {
    const watch = new RankWatch(exchange.size, options);
    const said = exchange.rank === 0 ? JSON.stringify(await watch.#invite()) : "";
    const [invitation = "null"] = await exchange.agree(said);
    if (exchange.rank !== 0) await watch.#visit(JSON.parse(invitation), exchange.rank);
    // Whoever connects has done so before anything is exchanged.
    await exchange.agree("");
    return watch;
  }

  /**
   * Ends the watch: the end of this process is no loss then. With a failure, it is one.
   * @returns Whether there was another rank to tell.
   */
  async leave(failure?: string): Promise<boolean> {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearInterval(this.#beat);
    this.#server?.close();
    const line: Line = failure === undefined ? { kind: "bye" } : { kind: "lost", message: failure };
    const sockets = [...this.#peers.keys()];
    const waits = failure !== undefined && [...this.#peers.values()].some(({ rank }) => rank === 0);
    await Promise.all(sockets.map((socket) => (waits ? tellLast(socket, line) : endSocket(socket, line))));
    return sockets.length > 0;
  }

  /** What a rank is called, by its first number: "rank 2 of 4 (process 4711 on node7)" where it is known. */
  describe(rank: number): string {
    return this.#names.get(rank) ?? `rank ${rank} of ${this.#size}`;
  }

  /** The job goes on without a rank: nothing that becomes of it ends the job. */
  forget(rank: number): void {
    for (const [socket, peer] of this.#peers) {
      if (peer.rank === rank) this.#peers.delete(socket);
    }
  }

  async #invite(): Promise<Invitation> {
    // A secret: it decides nothing that is computed.
    const token = randomBytes(16).toString("hex");
    const server = createServer((socket) => this.#welcome(socket, token));
    server.unref();
    this.#server = server;
    const host = this.#options.isLocal ? "127.0.0.1" : "0.0.0.0";
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, host, resolve);
    });
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    return { addresses: this.#options.isLocal ? [host] : listAddresses(), port, token };
  }

  #welcome(socket: Socket, token: string): void {
    this.#read(socket, (line) => {
      // Anybody may find the port.
      if (line.kind !== "hello" || line.token !== token) socket.destroy();
      else this.#follow(socket, { rank: line.rank, name: `rank ${line.rank} of ${this.#size} (${line.name})` });
    });
  }

  async #visit({ addresses, port, token }: Invitation, rank: number): Promise<void> {
    for (const host of addresses) {
      const socket = await connect(host, port);
      if (!socket) continue;
      this.#follow(socket, { rank: 0, name: `rank 0 of ${this.#size}` });
      this.#read(socket, () => {});
      send(socket, { kind: "hello", rank, name: `process ${process.pid} on ${hostname()}`, token });
      return;
    }
  }

  /** @param onFirst Called with the first line of a socket that is not followed yet. */
  #read(socket: Socket, onFirst: (line: Line) => void): void {
    socket.unref();
    const reader = new LineReader((text) => {
      const line = parseLine(text);
      if (!line) socket.destroy();
      else if (!this.#peers.has(socket)) onFirst(line);
      else if (line.kind === "bye") this.#peers.delete(socket);
      else if (line.kind === "lost") this.#lose(this.#quote(socket, line.message));
      else if (line.kind === "gone") this.#options.onGone?.(line.rank, new LostRankError(line.message));
    });
    socket.setEncoding("utf8").on("data", (text: string) => {
      if (!reader.read(text)) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
  }

  #follow(socket: Socket, peer: Peer): void {
    this.#peers.set(socket, peer);
    this.#names.set(peer.rank, peer.name);
    socket.on("close", () => this.#noteEnd(socket, "its process has ended"));
    const silent = `it was silent for ${SILENCE_MS / 1000} s`;
    socket.setTimeout(SILENCE_MS, () => this.#peers.has(socket) && this.#lose(`${peer.name} was lost: ${silent}`));
  }

  #noteEnd(socket: Socket, how: string): void {
    const peer = this.#peers.get(socket);
    if (!peer || this.#isOver) return;
    const message = `${peer.name} was lost: ${how}`;
    const { onGone } = this.#options;
    if (onGone && peer.rank !== 0) {
      this.#peers.delete(socket);
      this.#tellAll({ kind: "gone", rank: peer.rank, message });
      onGone(peer.rank, new LostRankError(message));
    } else this.#lose(message);
  }

  /** Rank 0 passes on what a rank said or how it ended; a rank of its own says why it fails. */
  #quote(socket: Socket, message: string): string {
    return /^rank \d+ of \d+ /.test(message)
      ? message
      : `${this.#peers.get(socket)?.name ?? "a rank"} failed: ${message}`;
  }

  #lose(message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#beat);
    this.#server?.close();
    this.#tellAll({ kind: "lost", message });
    this.#options.onLost(new LostRankError(message));
  }

  #tellAll(line: Line): void {
    for (const socket of this.#peers.keys()) send(socket, line);
  }
}

/** Undefined for what is no line of ours. */
function parseLine(text: string): Line | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function send(socket: Socket, line: Line): void {
  if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
}

/** Resolves once the line is on its way. */
function endSocket(socket: Socket, line: Line): Promise<void> {
  if (!socket.writable) return Promise.resolve();
  // Nothing else may keep the program alive until then.
  socket.ref();
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.end(`${JSON.stringify(line)}\n`, () => resolve());
  });
}

/** Resolves once the other process has ended, or may be busy for long. */
function tellLast(socket: Socket, line: Line): Promise<void> {
  socket.ref();
  send(socket, line);
  return new Promise((resolve) => {
    socket.setTimeout(0);
    const timer = setTimeout(resolve, HEARD_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Undefined if nobody answers there. */
function connect(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const giveUp = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(CONNECT_MS, giveUp);
    socket.once("error", giveUp);
    socket.once("connect", () => {
      socket.removeListener("error", giveUp).setTimeout(0);
      resolve(socket);
    });
  });
}

/** This machine's addresses that others may reach, IPv4 first. */
function listAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outer = all.filter(({ internal }) => !internal);
  const sorted = [
    ...outer.filter(({ family }) => family === "IPv4"),
    ...outer.filter(({ family }) => family !== "IPv4"),
  ];
  return [...sorted.map(({ address }) => address), "127.0.0.1"];
}
