import { type KeptRequest, KeptRequests } from "../feedback/kept_requests.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { openSession } from "../sessions/loaded_model.ts";
import { BatchQueue, findLargest, type Job, type QueueOptions } from "./batch_queue.ts";
import type { AnsweringThread, ModelRoute, ServingCommand, ThreadStatistics } from "./serving_command.ts";
import { chooseByKey, createShare } from "./share.ts";

/** Rows that may wait for a silent candidate; more are left out of the comparison. */
const MAX_SHADOW_ROWS = 256;

/** A version as one thread answers with it. */
export interface OpenVersion {
  readonly model: string;
  readonly version: string;
  readonly file: ServedFile;
  readonly queue: BatchQueue;
}

interface OpenModel {
  route: ModelRoute;
  readonly versions: Map<string, OpenVersion>;
  /** Undefined where nobody says later what answers should have been. */
  kept?: KeptRequests;
}

/** What is kept of a request. */
interface AnsweredInput {
  readonly id: string | undefined;
  readonly rows: number;
  readonly inputs: readonly Uint8Array[];
}

/** Which version a request asks for. */
export interface VersionWish {
  readonly version?: string | undefined;
  /** Requests with the same key are answered by the same version as long as the share stays. */
  readonly key?: string | undefined;
}

/** The models that one thread answers with. */
export class Answerer implements AnsweringThread {
  readonly #options: QueueOptions;
  readonly #models = new Map<string, OpenModel>();
  readonly #share = createShare();

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  async apply(command: ServingCommand): Promise<void> {
    switch (command.kind) {
      case "open": {
        const { model, version, file, handle, capacity } = command;
        const session = await openSession(handle, { file, capacity });
        const queue = new BatchQueue(session, this.#options);
        const { versions } = this.#findOrAdd(model);
        const before = versions.get(version);
        versions.set(version, { model, version, file, queue });
        return before && closeQueue(before.queue);
      }
      case "route":
        this.#findOrAdd(command.model).route = command.route;
        return;
      case "close":
        return this.#close(command.model, command.version);
      case "remove":
        this.#models.delete(command.model);
        return;
      case "keep":
        this.#findOrAdd(command.model).kept = new KeptRequests(command.limits);
    }
  }

  async readStatistics(): Promise<readonly ThreadStatistics[]> {
    return [...this.#models].flatMap(([model, { versions }]) =>
      [...versions.values()].map(({ version, queue }) => ({ model, version, counts: queue.statistics })),
    );
  }

  /**
   * The version that answers a request.
   * @throws {ProtocolError} If there is no such model or version, or none is ready.
   */
  find(model: string, { version, key }: VersionWish = {}): OpenVersion {
    const open = this.#models.get(model);
    if (!open) throw new ProtocolError(404, `unknown model ${quote(model)}; served: ${this.#listModels()}`);
    const found = open.versions.get(version ?? this.#chooseVersion(open.route, key) ?? "");
    if (found) return found;
    if (version === undefined) throw new ProtocolError(503, `no version of ${quote(model)} is ready`);
    const loaded = [...open.versions.keys()].join(", ") || "none";
    throw new ProtocolError(404, `version ${quote(version)} of ${quote(model)} is not loaded; loaded: ${loaded}`);
  }

  /** Whether a model answers requests. */
  isReady(model: string, version?: string): boolean {
    const open = this.#models.get(model);
    return open?.versions.has(version ?? open.route.current ?? "") ?? false;
  }

  /** The versions of a model that are loaded, oldest first. */
  listVersions(model: string): readonly string[] {
    return [...(this.#models.get(model)?.versions.keys() ?? [])].sort((a, b) => Number(a) - Number(b));
  }

  /** Whether a model is served, and no version of it is loaded. */
  hasNoVersion(model: string): boolean {
    return this.#models.get(model)?.versions.size === 0;
  }

  /** Keeps the input of a request that was answered, where it has an id and that is wanted. */
  remember({ model, file }: OpenVersion, { id, rows, inputs }: AnsweredInput): void {
    const kept = id === undefined || id === "" ? undefined : this.#models.get(model)?.kept;
    const [input] = inputs;
    if (kept && id !== undefined && input) kept.add(id, { rows, input, file });
  }

  async recall(model: string, id: string): Promise<KeptRequest | undefined> {
    return this.#models.get(model)?.kept?.get(id);
  }

  async forget(model: string, id: string): Promise<void> {
    this.#models.get(model)?.kept?.forget(id);
  }

  /** Whether every model answers requests. */
  get areAllReady(): boolean {
    return [...this.#models.keys()].every((model) => this.isReady(model));
  }

  /** Rows that wait in this thread. */
  get waitingRows(): number {
    let rows = 0;
    for (const { versions } of this.#models.values()) {
      for (const { queue } of versions.values()) rows += queue.waitingRows;
    }
    return rows;
  }

  /** Computes a job by a version; a silent candidate computes it afterwards. @throws {ProtocolError} As `submit`. */
  answer(version: OpenVersion, job: Job): Promise<void> {
    const answered = version.queue.submit(job);
    const candidate = this.#models.get(version.model)?.route.candidate;
    return candidate?.share === 0 ? answered.then(() => this.#shadow(version, job)) : answered;
  }

  /** Has a silent candidate compute what was answered. */
  #shadow(version: OpenVersion, job: Job): void {
    const open = this.#models.get(version.model);
    const candidate = open?.route.candidate;
    if (!open || candidate?.share !== 0 || version.version !== open.route.current) return;
    const silent = open.versions.get(candidate.version);
    if (silent && silent.queue.waitingRows + job.rows <= MAX_SHADOW_ROWS) void compare({ silent, version, job });
  }

  async #close(model: string, version: string): Promise<void> {
    const open = this.#models.get(model);
    const closed = open?.versions.get(version);
    if (!open || !closed) return;
    open.versions.delete(version);
    await closeQueue(closed.queue);
  }

  #chooseVersion({ current, candidate }: ModelRoute, key: string | undefined): string | undefined {
    if (!candidate || candidate.share === 0) return current;
    const { share, version } = candidate;
    const isChosen = key === undefined ? this.#share(share) : chooseByKey(key) < share;
    return isChosen ? version : current;
  }

  #findOrAdd(model: string): OpenModel {
    let open = this.#models.get(model);
    if (!open) {
      open = { route: { current: undefined, candidate: undefined }, versions: new Map() };
      this.#models.set(model, open);
    }
    return open;
  }

  #listModels(): string {
    return [...this.#models.keys()].join(", ") || "none";
  }
}

/** Releases a session after its last answer. */
async function closeQueue(queue: BatchQueue): Promise<void> {
  await queue.whenEmpty();
  await queue.session.release();
}

/** Counts how many rows a silent candidate would have given the same class. Its failures are its own. */
async function compare({
  silent,
  version,
  job,
}: {
  readonly silent: OpenVersion;
  readonly version: OpenVersion;
  readonly job: Job;
}): Promise<void> {
  const { statistics, session } = silent.queue;
  const outputs = session.outputs.map(({ port }) => new Uint8Array(job.rows * port.rowBytes));
  try {
    await silent.queue.submit({ rows: job.rows, inputs: job.inputs, outputs });
  } catch {
    return;
  }
  const [theirs, ours] = [session.outputs[0], version.queue.session.outputs[0]];
  const [silentBytes, answeredBytes] = [outputs[0], job.outputs[0]];
  if (!theirs || !ours || !silentBytes || !answeredBytes) return;
  const view = (tensor: typeof ours, bytes: Uint8Array) => ({
    ...tensor,
    values: new Float32Array(bytes.slice().buffer),
  });
  const [silentView, answeredView] = [view(theirs, silentBytes), view(ours, answeredBytes)];
  for (let row = 0; row < job.rows; row++) {
    statistics.shadowRows += 1;
    if (findLargest(silentView, row) === findLargest(answeredView, row)) statistics.shadowAgreements += 1;
  }
}

function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
