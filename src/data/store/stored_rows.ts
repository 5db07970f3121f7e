/** The reader's side of a store, for any thread: asks for rows, waits for them, and copies them out. */

import { RefusalError } from "../../core/errors/errors.ts";
import {
  ABSENT,
  ClockWord,
  KEPT_MESSAGES,
  MESSAGE_BYTES,
  PartWord,
  partOf,
  REQUESTED,
  type StoredSamples,
  viewSlot,
} from "./stored_samples.ts";

/** How long one sleep lasts before the decoders' signs of life are looked at: a process elsewhere wakes nobody here. */
const LOOK_EVERY_MS = 50;

/** Looks without a row after which it is asked for again: whoever asked may have died in the middle of it. */
const LOOKS_UNTIL_ASKED_AGAIN = 100;

/** Looks after which a row is given up, although its decoder lives. */
const MOST_LOOKS = 2_400;

/** Looks at a decoder without a sign of life. */
const MOST_SILENT_LOOKS = 600;

/** Asks for rows ahead of need; returns at once. What is there, or asked for already, costs one look. */
export function requestRow(store: StoredSamples, row: number): void {
  if (Atomics.compareExchange(store.slotOf, row, ABSENT, REQUESTED) === ABSENT) pushRequest(store, row);
}

/**
 * Copies a row to `target`, `rowBytes` long. Waits, asleep, where it is not there.
 * @throws {RefusalError} If it cannot be decoded, with the name of its file.
 */
export function copyRow(store: StoredSamples, row: number, target: Uint8Array): void {
  Atomics.add(store.pins, row, 1);
  try {
    const found = Atomics.load(store.slotOf, row);
    const slot = (found > 0 ? found : waitForRow(store, row)) - 1;
    const part = store.parts[partOf(store, row)];
    if (!part) throw new Error(`Cannot read row ${row} of a store of ${store.rows}`);
    target.set(viewSlot(store, part, slot));
    Atomics.store(part.lastRead, slot, Atomics.add(store.clock, ClockWord.reads, 1));
  } finally {
    Atomics.sub(store.pins, row, 1);
  }
}

/** Whether a row need not be waited for; asks for it where it must be. */
export function isRowThere(store: StoredSamples, row: number): boolean {
  if (Atomics.load(store.slotOf, row) > 0) return true;
  requestRow(store, row);
  return false;
}

/** Resolves when the row is there, or cannot be decoded; leaves the thread free meanwhile. */
export async function awaitRow(store: StoredSamples, row: number): Promise<void> {
  const watch = new DecoderWatch(store, row);
  for (let found = watch.ask(); found === REQUESTED; found = watch.ask()) {
    const waiting = Atomics.waitAsync(store.slotOf, row, found, LOOK_EVERY_MS);
    if (waiting.async && (await waiting.value) === "timed-out") watch.look();
  }
}

/** @returns The number of the row's slot, from 1 on. */
function waitForRow(store: StoredSamples, row: number): number {
  const watch = new DecoderWatch(store, row);
  for (;;) {
    const found = watch.ask();
    if (found > 0) return found;
    if (found < REQUESTED) throw takeMessage(store, row, found);
    if (Atomics.wait(store.slotOf, row, found, LOOK_EVERY_MS) === "timed-out") watch.look();
  }
}

/** Sees to it that nobody waits for ever. */
class DecoderWatch {
  readonly #store: StoredSamples;
  readonly #row: number;
  #beat: number;
  #looks = 0;
  #silent = 0;

  constructor(store: StoredSamples, row: number) {
    this.#store = store;
    this.#row = row;
    this.#beat = this.#readBeat();
  }

  /** Asks for the row where nobody has, and says where it is. @throws {Error} If no Worker decodes any more. */
  ask(): number {
    const { slotOf, clock } = this.#store;
    const found = Atomics.compareExchange(slotOf, this.#row, ABSENT, REQUESTED);
    if (found > 0 || found < REQUESTED) return found;
    if (Atomics.load(clock, ClockWord.failed) !== 0) throw takeMessage(this.#store, this.#row, REQUESTED);
    if (found === ABSENT) pushRequest(this.#store, this.#row);
    return REQUESTED;
  }

  /** Called where a sleep has ended without the row. @throws {RefusalError} If it was long enough. */
  look(): void {
    this.#looks += 1;
    const beat = this.#readBeat();
    this.#silent = beat === this.#beat ? this.#silent + 1 : 0;
    this.#beat = beat;
    const seconds = (this.#looks * LOOK_EVERY_MS) / 1000;
    if (this.#silent >= MOST_SILENT_LOOKS || this.#looks >= MOST_LOOKS) {
      throw new RefusalError(`sample ${this.#row} of the data was not read within ${seconds} s`);
    }
    if (this.#looks % LOOKS_UNTIL_ASKED_AGAIN === 0) pushRequest(this.#store, this.#row);
  }

  #readBeat(): number {
    const part = this.#store.parts[partOf(this.#store, this.#row)];
    return part ? Atomics.load(part.control, PartWord.heartbeat) : 0;
  }
}

function pushRequest(store: StoredSamples, row: number): void {
  const part = store.parts[partOf(store, row)];
  if (!part) throw new Error(`Cannot ask for row ${row} of a store of ${store.rows}`);
  const { control, ring } = part;
  const place = Atomics.add(control, PartWord.tail, 1) & (ring.length - 1);
  Atomics.store(ring, place, row + 1);
  Atomics.notify(control, PartWord.tail);
}

/** Why a row is not there. It is absent from then on: whoever tries again has it read again. */
function takeMessage(store: StoredSamples, row: number, found: number): RefusalError {
  const index = (REQUESTED - 1 - found + KEPT_MESSAGES) % KEPT_MESSAGES;
  const isOfRow = found < REQUESTED;
  if (isOfRow) Atomics.compareExchange(store.slotOf, row, found, ABSENT);
  const start = (isOfRow ? index : 0) * MESSAGE_BYTES;
  // Deno decodes no shared memory.
  const bytes = store.messages.slice(start, start + MESSAGE_BYTES);
  const end = bytes.indexOf(0);
  return new RefusalError(new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end)));
}
