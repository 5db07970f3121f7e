import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { hostname } from "node:os";
import process from "node:process";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import { connect, listAddresses } from "./addresses.ts";
import { LineReader } from "./line_reader.ts";
import { LostRankError } from "./lost_rank_error.ts";
import type { RankExchange } from "./rank_exchange.ts";
import { endSocket, parseLine, type RankLine, type RankProcess, sendLine, tellLast } from "./rank_line.ts";
import { DEFAULT_RANK_SILENCE_MS, RankPatience } from "./rank_patience.ts";
import { endProcess, findOwnProcess } from "./rank_process.ts";
import type { RankSupervisor } from "./ranks.ts";

/** How much sooner rank 1 notices that rank 0 is silent than the others, as it is rank 1 who says so. */
const SPOKESMAN_MS = 2000;

/** Who watches whom, and what is done about a loss. */
export interface RankWatchOptions {
  /** True where all ranks are on one machine: nothing else can reach them then. */
  readonly isLocal: boolean;
  /** How long another rank may be silent, once it has computed. Default: 120,000. */
  readonly silenceTimeoutMs?: number;
  /** Called once, with the first rank whose loss ends the job. */
  readonly onLost: (error: LostRankError) => void;
  /**
   * Called for each rank but rank 0 whose process has ended, or is silent, where the others go on. Default: that ends
   * the job.
   */
  readonly onGone?: (rank: number, error: LostRankError) => void;
}

/** Another rank, as it said at first. */
interface Peer {
  readonly rank: number;
  readonly name: string;
  readonly process?: RankProcess | undefined;
  /** Since its last line. */
  silentMs: number;
  /** How long it may be silent, by its last line. */
  patienceMs: number;
}

/** What rank 0 tells the others: where it listens, and what they are to say. */
interface Invitation {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly token: string;
  readonly patienceMs: number;
  readonly process?: RankProcess;
}

/**
 * Notices within a second that another rank's process has ended, which MPI does not: every rank keeps a connection to
 * rank 0, which the operating system closes with the process. One that lives and says nothing for too long is lost,
 * too. A rank that cannot connect is watched by the launcher alone.
 */
export class RankWatch implements RankSupervisor {
  readonly #options: RankWatchOptions;
  readonly #rank: number;
  readonly #size: number;
  readonly #patience: RankPatience;
  readonly #peers = new Map<Socket, Peer>();
  /** What other ranks are called, also those that were lost. */
  readonly #names = new Map<number, string>();
  readonly #beat: ReturnType<typeof setInterval>;
  #server: Server | undefined;
  #isOver = false;
  /** The process whose silence ends the job. */
  #silent: RankProcess | undefined;

  private constructor({ rank, size }: RankExchange, options: RankWatchOptions) {
    this.#rank = rank;
    this.#size = size;
    this.#options = options;
    this.#patience = new RankPatience(options.silenceTimeoutMs ?? DEFAULT_RANK_SILENCE_MS);
    this.#beat = setInterval(() => this.#look(), this.#patience.beatMs);
    this.#beat.unref();
  }

  /**
   * Connects the ranks; all of them call it.
   * @throws {LostRankError} If another rank does not, in time.
   */
  static async start(exchange: RankExchange, options: RankWatchOptions): Promise<RankWatch> {
    const watch = new RankWatch(exchange, options);
    const patienceMs = Math.max(options.silenceTimeoutMs ?? 0, DEFAULT_RANK_SILENCE_MS);
    const late = `the ranks did not come together: one of them did not answer for ${patienceMs / 1000} s`;
    const timer = setTimeout(() => exchange.breakOff(new LostRankError(late)), patienceMs);
    try {
      const said = exchange.rank === 0 ? JSON.stringify(await watch.#invite()) : "";
      const [invitation = "null"] = await exchange.agree(said);
      if (exchange.rank !== 0) await watch.#visit(JSON.parse(invitation));
      // Whoever connects has done so before anything is exchanged.
      await exchange.agree("");
    } finally {
      clearTimeout(timer);
    }
    return watch;
  }

  noteCall(slowestMs: number): void {
    this.#patience.noteCall(slowestMs);
  }

  async leave(failure?: string): Promise<boolean> {
    // Now that everything has been said: the launcher may end all ranks once one has ended.
    if (this.#silent) endProcess(this.#silent);
    if (this.#isOver) return false;
    this.#end();
    const line: RankLine = failure === undefined ? { kind: "bye" } : { kind: "lost", message: failure };
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
    const addresses = this.#options.isLocal ? [host] : listAddresses();
    return { addresses, port, token, ...this.#describeSelf() };
  }

  #describeSelf(): { patienceMs: number; process?: RankProcess } {
    const own = findOwnProcess();
    return { patienceMs: this.#patience.ownMs, ...(own ? { process: own } : {}) };
  }

  #welcome(socket: Socket, token: string): void {
    this.#read(socket, (line) => {
      // Anybody may find the port.
      if (line.kind !== "hello" || line.token !== token) socket.destroy();
      else this.#follow(socket, { ...line, name: `rank ${line.rank} of ${this.#size} (${line.name})` });
    });
  }

  async #visit({ addresses, port, token, ...first }: Invitation): Promise<void> {
    for (const host of addresses) {
      const socket = await connect(host, port);
      if (!socket) continue;
      this.#follow(socket, { ...first, rank: 0, name: `rank 0 of ${this.#size}` });
      this.#read(socket, () => {});
      const name = `process ${process.pid} on ${hostname()}`;
      sendLine(socket, { kind: "hello", rank: this.#rank, name, token, ...this.#describeSelf() });
      return;
    }
  }

  /** @param onFirst Called with the first line of a socket that is not followed yet. */
  #read(socket: Socket, onFirst: (line: RankLine) => void): void {
    socket.unref();
    const reader = new LineReader((text) => {
      const line = parseLine(text);
      if (!line) socket.destroy();
      else if (this.#peers.has(socket)) this.#take(socket, line);
      else onFirst(line);
    });
    socket.setEncoding("utf8").on("data", (text: string) => {
      if (!reader.read(text)) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
  }

  #take(socket: Socket, line: RankLine): void {
    const peer = this.#peers.get(socket);
    if (!peer) return;
    peer.silentMs = 0;
    switch (line.kind) {
      case "hello":
        return;
      case "beat":
        peer.patienceMs = line.patienceMs;
        return;
      case "bye":
        this.#peers.delete(socket);
        return;
      case "lost":
        this.#lose(this.#quote(peer, line.message), line.silent);
        return;
      case "gone":
        if (line.silent) endProcess(line.silent);
        this.#options.onGone?.(line.rank, new LostRankError(line.message));
        return;
    }
  }

  #follow(socket: Socket, { rank, name, patienceMs, process }: Omit<Peer, "silentMs">): void {
    this.#peers.set(socket, { rank, name, patienceMs, process, silentMs: 0 });
    this.#names.set(rank, name);
    socket.on("close", () => this.#noteLoss(socket, "its process has ended"));
  }

  /** Says that this rank lives, and looks who else does. */
  #look(): void {
    const passedMs = this.#patience.look();
    this.#tellAll({ kind: "beat", patienceMs: this.#patience.ownMs });
    const delayMs = this.#rank > 1 ? SPOKESMAN_MS : 0;
    for (const [socket, peer] of this.#peers) {
      peer.silentMs += passedMs;
      if (peer.silentMs < peer.patienceMs + delayMs) continue;
      this.#noteLoss(socket, `it was silent for ${Math.round(peer.silentMs / 1000)} s`, peer.process);
    }
  }

  /** @param silent Its process, if that may still be there. */
  #noteLoss(socket: Socket, how: string, silent?: RankProcess): void {
    const peer = this.#peers.get(socket);
    if (!peer || this.#isOver) return;
    const message = `${peer.name} was lost: ${how}`;
    const { onGone } = this.#options;
    if (!onGone || peer.rank === 0) {
      this.#lose(message, silent);
      return;
    }
    // Should it wake up where nobody can end it, it is to end itself.
    sendLine(socket, { kind: "lost", message });
    this.#peers.delete(socket);
    if (silent) endProcess(silent);
    this.#tellAll({ kind: "gone", rank: peer.rank, message, ...(silent ? { silent } : {}) });
    onGone(peer.rank, new LostRankError(message));
  }

  /** Rank 0 passes on what a rank said or how it ended; a rank of its own says why it fails. */
  #quote({ name }: Peer, message: string): string {
    return /^rank \d+ of \d+ /.test(message) ? message : `${name} failed: ${message}`;
  }

  #lose(message: string, silent?: RankProcess): void {
    if (this.#isOver) return;
    this.#end();
    this.#silent = silent;
    this.#tellAll({ kind: "lost", message, ...(silent ? { silent } : {}) });
    this.#options.onLost(new LostRankError(message));
  }

  #end(): void {
    this.#isOver = true;
    clearInterval(this.#beat);
    this.#server?.close();
  }

  #tellAll(line: RankLine): void {
    for (const socket of this.#peers.keys()) sendLine(socket, line);
  }
}
