import type { AnsweringThread, ModelRoute } from "../answering/serving_command.ts";
import { freeModel } from "../sessions/loaded_model.ts";
import type { LoadedVersion } from "./model_version.ts";

/** The versions of one model that are open in every thread that answers, and the memory behind them. */
export class OpenVersions {
  readonly #model: string;
  readonly #threads: readonly AnsweringThread[];
  readonly #open = new Map<string, LoadedVersion>();

  constructor(model: string, threads: readonly AnsweringThread[]) {
    this.#model = model;
    this.#threads = threads;
  }

  /** The names of those that are open. */
  get versions(): readonly string[] {
    return [...this.#open.keys()];
  }

  get(version: string): LoadedVersion | undefined {
    return this.#open.get(version);
  }

  /** Opens a version; one of the same name is closed after its last answer. */
  async open(version: string, loaded: LoadedVersion): Promise<void> {
    const before = this.#open.get(version);
    this.#open.set(version, loaded);
    const { file, handle, capacity } = loaded.prepared;
    await this.#tellAll({ kind: "open", model: this.#model, version, file, handle, capacity });
    if (before) await freeModel(before.prepared.handle);
  }

  /** Closes a version after its last answer, and frees its memory. */
  async close(version: string): Promise<void> {
    const loaded = this.#open.get(version);
    if (!loaded) return;
    this.#open.delete(version);
    await this.#tellAll({ kind: "close", model: this.#model, version });
    await freeModel(loaded.prepared.handle);
  }

  /** Says which version answers. */
  async route(route: ModelRoute): Promise<void> {
    await this.#tellAll({ kind: "route", model: this.#model, route });
  }

  async #tellAll(command: Parameters<AnsweringThread["apply"]>[0]): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.apply(command)));
  }
}
