import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers";
import { needs, RefusalError, TypeRefusal } from "../../../src/core/errors/errors.ts";

/** No measurement takes this long: who needs it is ended. */
const ANSWER_TIMEOUT_MS = 900_000;

/** Everything that might start threads of its own is told to start one. */
export function pinThreads(threads: number): Record<string, string> {
  const count = String(threads);
  const names = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"];
  return Object.fromEntries(names.map((name) => [name, count]));
}

/** What is started: a program, its parameters, and what is added to the environment. */
export interface PeerCommand {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A peer in a process of its own, which stays for the whole comparison: it answers each line of JSON with one, the
 * first answer, "ready", comes unasked. Its standard error is kept for the message when it dies.
 */
export class PeerProcess {
  /** What the peer said of itself. */
  ready: unknown;
  readonly #act: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: string[] = [];
  #stderr = "";
  #ended: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(act: string, { program, parameters, environment }: PeerCommand) {
    this.#act = act;
    this.#child = spawn(program, [...parameters], { env: { ...process.env, ...environment } });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#answers.push(line);
      this.#wake?.();
    });
    this.#child.stderr.on("data", (text: Buffer) => {
      this.#stderr = `${this.#stderr}${String(text)}`.slice(-4000);
    });
    // A peer that has died is found out by its end, not by the pipe.
    this.#child.stdin.on("error", () => {});
    this.#child.on("error", (error) => this.#end(error.message));
    this.#child.on("close", (code, signal) => this.#end(`${signal ?? `exit status ${code}`}: ${this.#stderr.trim()}`));
  }

  /** @throws {Error} If it dies before it is ready; the message ends with what it complained about. */
  static async start(act: string, command: PeerCommand): Promise<PeerProcess> {
    const peer = new PeerProcess(act, command);
    peer.ready = await peer.#read();
    return peer;
  }

  /** @throws {Error} If it dies or does not answer. */
  async ask(request: unknown): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#read();
  }

  /** Lets the process end; kills it if it does not. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const killing = setTimeout(() => this.#child.kill("SIGKILL"), 2_000);
    while (this.#ended === undefined) await this.#wait();
    clearTimeout(killing);
  }

  async #read(): Promise<unknown> {
    const late = setTimeout(() => this.#child.kill("SIGKILL"), ANSWER_TIMEOUT_MS);
    try {
      for (;;) {
        const line = this.#answers.shift();
        if (line !== undefined) return JSON.parse(line);
        if (this.#ended !== undefined) throw new RefusalError(needs(this.#act, "an answer", this.#ended));
        await this.#wait();
      }
    } finally {
      clearTimeout(late);
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #end(how: string): void {
    this.#ended ??= how;
    this.#wake?.();
  }
}

/** The number that a peer's answer holds under `name`. @throws {TypeError} If there is none. */
export function readNumber(answer: unknown, name: string): number {
  const value: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined;
  if (typeof value === "number") return value;
  throw new TypeRefusal(needs("a peer's answer", `a number "${name}"`, JSON.stringify(answer)));
}

/** The command that runs a script of this project, a TypeScript file, in the runtime that this is. */
export function createScriptCommand(script: string, parameters: readonly string[]): PeerCommand {
  const flags = process.versions.deno ? ["run", "--allow-all", "--no-check", "--unstable-webgpu"] : [];
  return { program: process.execPath, parameters: [...flags, script, ...parameters], environment: pinThreads(1) };
}
