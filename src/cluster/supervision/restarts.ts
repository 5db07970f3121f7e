import { describeCause } from "../../core/errors/errors.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";

/** Counts the replicas that were lost and replaced, and tells of each. */
export class Restarts {
  readonly #options: Pick<ResolvedClusterOptions, "maxRestarts" | "onRestart">;
  #count = 0;

  constructor(options: Pick<ResolvedClusterOptions, "maxRestarts" | "onRestart">) {
    this.#options = options;
  }

  /** True where no other replica may be replaced. */
  get areUsedUp(): boolean {
    return this.#count >= this.#options.maxRestarts;
  }

  /** One is replaced now. */
  begin(replica: number, cause: unknown): void {
    const { maxRestarts, onRestart } = this.#options;
    this.#count += 1;
    onRestart(
      `Replica ${replica} was lost and is replaced (${this.#count} of ${maxRestarts}): ${describeCause(cause)}`,
    );
  }
}
