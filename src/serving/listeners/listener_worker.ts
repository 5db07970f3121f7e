import { proxy, type Remote, wrap } from "comlink";
import { WorkerHandle } from "../../cluster/supervision/worker_handle.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { resolveModule } from "../../core/package_module.ts";
import type { QueueOptions } from "../answering/batch_queue.ts";
import type { AnsweringThread, ServingCommand, ThreadStatistics } from "../answering/serving_command.ts";
import type { KeptRequest } from "../feedback/kept_requests.ts";
import type { ServingControl } from "../protocol/serving_control.ts";
import type { ListenerSetup, RemoteListener } from "./remote_listener.ts";

/**
 * A Worker that listens and answers beside this thread. Only commands cross to it: tensors stay in the thread that
 * their connection belongs to, and a model is loaded once for all of them.
 */
export class ListenerWorker implements AnsweringThread {
  readonly #handle: WorkerHandle<RemoteListener>;

  private constructor(handle: WorkerHandle<RemoteListener>) {
    this.#handle = handle;
  }

  /** Starts the Worker; it does not listen yet. */
  static async start(options: QueueOptions, number: number): Promise<ListenerWorker> {
    const entry = resolveModule("../../../workers/listener.ts", import.meta.url);
    const handle = new WorkerHandle<RemoteListener>(entry, `listener ${number}`, (worker) =>
      wrap<RemoteListener>(worker),
    );
    await handle.call((remote) => remote.open(options), "start to answer");
    return new ListenerWorker(handle);
  }

  async apply(command: ServingCommand): Promise<void> {
    await this.#handle.call((remote) => remote.apply(command), "take a version");
  }

  async readStatistics(): Promise<readonly ThreadStatistics[]> {
    const ask = async (remote: Remote<RemoteListener>): Promise<readonly ThreadStatistics[]> => remote.readStatistics();
    return this.#handle.call(ask, "say what it counted");
  }

  async recall(model: string, id: string): Promise<KeptRequest | undefined> {
    const ask = async (remote: Remote<RemoteListener>): Promise<KeptRequest | undefined> => remote.recall(model, id);
    return this.#handle.call(ask, "find an answered request");
  }

  async forget(model: string, id: string): Promise<void> {
    await this.#handle.call((remote) => remote.forget(model, id), "forget a request");
  }

  /** Listens on a port beside others. @throws {RefusalError} If it cannot. */
  async listen(setup: ListenerSetup, control: ServingControl): Promise<void> {
    const ask = proxy(control.ask.bind(control));
    const refusal = await this.#handle.call((remote) => remote.listen(setup, ask), "listen");
    if (refusal !== undefined) throw new RefusalError(refusal);
  }

  /** Answers what was asked, and listens no more. */
  async end(): Promise<void> {
    await this.#handle.call((remote) => remote.end(), "end");
  }

  async terminate(): Promise<void> {
    await this.#handle.terminate();
  }
}
