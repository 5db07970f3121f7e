/** Starts the Workers that decode samples: a few for the whole process, which serve all stores. */

import { availableParallelism } from "node:os";
import { type Remote, wrap } from "comlink";
import { deserializeError } from "../../core/errors/error_data.ts";
import { resolveModule } from "../../core/package_module.ts";
import { releaseWorker } from "../../core/release_worker.ts";
import type { DecoderSpec } from "../decoders/decoder_spec.ts";
import type { RemoteDecoder } from "./remote_decoder.ts";
import { ClockWord, createStoredSamples, type StoredSamples, type StoreOptions } from "./stored_samples.ts";

/** More would read files faster than most disks give them, beside replicas that want the cores. */
const MOST_DECODERS = 4;

const ANSWER_TIMEOUT_MS = 60_000;

const ENTRY = resolveModule("../../../workers/decoder.ts", import.meta.url);

interface DecoderWorker {
  readonly remote: Remote<RemoteDecoder>;
  /** Rejects when the Worker dies. */
  readonly death: Promise<never>;
  readonly stores: Set<WeakRef<StoredSamples>>;
}

const workers: DecoderWorker[] = [];

/** Where the rows of stores come from. */
const specs = new WeakMap<StoredSamples, DecoderSpec>();

/** Workers go on to the next store when nobody has one any more. */
const forgotten = new FinalizationRegistry<number>((id) => {
  for (const { remote } of workers) void remote.detach(id);
});

/** What a store is opened for: its rows, and where they come from. */
interface OpenedStore extends Omit<StoreOptions, "decoders"> {
  readonly spec: DecoderSpec;
}

/**
 * A store whose rows are decoded from now on when they are asked for.
 * @throws {RangeRefusal} If the bound is below 64 samples. {Error} If a Worker cannot be started.
 */
export async function openStore(options: OpenedStore): Promise<StoredSamples> {
  const decoders = Math.min(MOST_DECODERS, availableParallelism());
  const store = createStoredSamples({ ...options, decoders });
  forgotten.register(store, store.id);
  specs.set(store, options.spec);
  await Promise.all(
    store.parts.map(async (_, part) => {
      workers[part] ??= startWorker();
      const { remote, death, stores } = workers[part];
      stores.add(new WeakRef(store));
      const error = await withinTime(Promise.race([remote.attach({ store, part, spec: options.spec }), death]));
      if (error) throw deserializeError(error);
    }),
  );
  return store;
}

/** Where the rows of a store come from that this thread has opened. */
export function findDecoderSpec(store: StoredSamples): DecoderSpec | undefined {
  return specs.get(store);
}

/** @throws {Error} If the Worker does not answer in time. */
async function withinTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`Cannot decode samples: the Worker did not answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
    timer = setTimeout(() => reject(error), ANSWER_TIMEOUT_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function startWorker(): DecoderWorker {
  const worker = new Worker(ENTRY, { type: "module", name: "decoder" });
  const stores = new Set<WeakRef<StoredSamples>>();
  const death = new Promise<never>((_, reject) => {
    const end = (how: string) => {
      const place = workers.findIndex((other) => other.stores === stores);
      if (place >= 0) workers.splice(place, 1);
      for (const store of stores) markFailed(store.deref(), how);
      reject(new Error(`Cannot decode samples: the Worker ${how}`));
    };
    worker.addEventListener("error", (event) => {
      // Deno ends the parent too unless the event is taken.
      event.preventDefault();
      end(`threw: ${event.message}`);
    });
    worker.addEventListener("close", () => end("exited"));
  });
  // Who waits for an answer meets it; else it is told by the stores.
  death.catch(() => undefined);
  releaseWorker(worker);
  return { remote: wrap<RemoteDecoder>(worker), death, stores };
}

/** Tells whoever waits for a row that it will not come. */
function markFailed(store: StoredSamples | undefined, how: string): void {
  if (!store) return;
  const text = new TextEncoder().encode(`a Worker that decodes samples ${how}`);
  store.messages.set(text.subarray(0, 1000));
  Atomics.store(store.clock, ClockWord.failed, 1);
}
