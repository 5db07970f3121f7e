import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { RefusalError } from "../../../src/core/errors/errors.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** The command line in a process of its own, as somebody would start it. */
export class FirnProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #end: Promise<number | null>;
  #said = "";
  #hear: () => void = () => {};
  #hasEnded = false;

  constructor(words: readonly string[]) {
    const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", MAIN] : [MAIN];
    const child = spawn(process.execPath, [...runtime, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    const listen = (part: unknown) => {
      this.#said += part;
      this.#hear();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    this.#child = child;
    this.#end = new Promise((done) => {
      child.on("close", (status) => {
        this.#hasEnded = true;
        this.#hear();
        done(status);
      });
    });
  }

  /** Waits until it has said something, and takes what stands in the first brackets. */
  async waitFor(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#said);
      if (found) return found[1] ?? found[0];
      if (this.#hasEnded) throw new RefusalError(`it ended and never said ${pattern}: ${this.#said}`);
      await new Promise<void>((done) => {
        this.#hear = done;
      });
    }
  }

  /** @throws {RefusalError} If it has ended, with what it said. */
  assertAlive(): void {
    if (this.#hasEnded) throw new RefusalError(`it ended: ${this.#said}`);
  }

  /** Waits for its end. @throws {RefusalError} If it fails, with what it said. */
  async succeed(): Promise<void> {
    if ((await this.#end) !== 0) throw new RefusalError(`it failed: ${this.#said}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Deno forgets the status of a child that it was asked to kill.
    if (!this.#hasEnded) process.kill(this.#child.pid ?? 0, "SIGTERM");
    await this.#end;
  }
}
