import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Endpoint, type Remote, wrap } from "comlink";
import { packMessage } from "../../core/processes/message.ts";
import type { ProcessArena } from "../../core/processes/process_arena.ts";
import type { RemoteReplica } from "../protocol/replica_setup.ts";
import { Lifeline } from "../supervision/lifeline.ts";
import { ANSWER_TIMEOUT_MS, type ReplicaHandle } from "../supervision/replica_handle.ts";
import { COORDINATOR_VARIABLE, createEndpoint } from "./channel.ts";
import { keepAlive } from "./keep_alive.ts";

/** What a child process is started with. */
export interface ProcessPlace {
  /** The module that it runs. */
  readonly entry: URL;
  /** In which its shared memory lies. */
  readonly arena: ProcessArena;
  /** Variables beside the coordinator's own: a library reads some only while the process starts. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A replica in a process of its own: control messages go by the child's channel, all else lies in shared memory. */
export class ProcessHandle implements ReplicaHandle {
  /** Linux ends it wherever it is. */
  readonly endsAtOnce = true;
  readonly #life: Lifeline;
  readonly #child: ChildProcess;
  readonly #remote: Remote<RemoteReplica>;
  readonly #gone: Promise<void>;

  constructor(name: string, { entry, arena, environment }: ProcessPlace) {
    this.#life = new Lifeline(name);
    const child = fork(fileURLToPath(entry), [], {
      env: { ...process.env, ...environment, [COORDINATOR_VARIABLE]: String(process.pid) },
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      child.on("exit", (code, signal) => {
        this.#life.cut(signal ? `was ended by ${signal}` : `exited with code ${code}`);
        resolve();
      });
      child.on("error", (error) => {
        this.#life.cut(`has no process: ${error.message}`, error);
        if (child.pid === undefined) resolve();
      });
    });
    this.#remote = wrap<RemoteReplica>(this.#createEndpoint(arena));
    // A program whose author forgot to close a strategy should not wait for ever.
    child.unref();
    releaseChannel(child);
  }

  get name(): string {
    return this.#life.name;
  }

  get lost(): Error | undefined {
    return this.#life.lost;
  }

  /** The process's number; undefined if it could not be started. */
  get processId(): number | undefined {
    return this.#child.pid;
  }

  call<Answer>(
    request: (remote: Remote<RemoteReplica>) => Promise<Answer>,
    act: string,
    timeoutMs: number = ANSWER_TIMEOUT_MS,
  ): Promise<Answer> {
    return keepAlive(this.#life.call(() => request(this.#remote), { act, timeoutMs }));
  }

  guard<Result>(work: () => Promise<Result>): Promise<Result> {
    // In Deno nothing else may be left that keeps the program alive once a child has died.
    return keepAlive(this.#life.guard(work));
  }

  abandon(): void {
    this.#life.release();
  }

  async terminate(): Promise<void> {
    this.abandon();
    this.#child.kill("SIGKILL");
    await keepAlive(this.#gone);
  }

  /** Messages wait until the child listens. */
  #createEndpoint(arena: ProcessArena): Endpoint {
    const child = this.#child;
    let waiting: unknown[] | undefined = [];
    const send = (message: unknown) => {
      if (waiting) waiting.push(message);
      // A child that is gone is reported by its end, not by what cannot be sent to it.
      else if (child.connected) child.send(toSendable(packMessage(message, (part) => arena.describe(part))), () => {});
    };
    child.once("message", () => {
      const messages = waiting ?? [];
      waiting = undefined;
      for (const message of messages) send(message);
    });
    return createEndpoint({ on: (event, listener) => child.on(event, listener), send });
  }
}

/** Bun's channel has no such method: it does not keep a program alive. */
function releaseChannel({ channel }: ChildProcess): void {
  if (channel && "unref" in channel && typeof channel.unref === "function") channel.unref();
}

/** Messages of comlink are objects. */
function toSendable(message: unknown): object {
  if (typeof message !== "object" || message === null) throw new TypeError("a message must be an object");
  return message;
}
