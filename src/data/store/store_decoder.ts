import { setTimeout } from "node:timers/promises";
import { describeCause } from "../../core/errors/errors.ts";
import type { RowDecoder } from "../decoders/decoder_spec.ts";
import { SlotAllocator } from "./slot_allocator.ts";
import {
  ClockWord,
  KEPT_MESSAGES,
  MESSAGE_BYTES,
  PartWord,
  REQUESTED,
  type StoredSamples,
  type StorePart,
  viewSlot,
} from "./stored_samples.ts";

/** Rows that are decoded at a time: libvips has threads of its own, and files are waited for. */
const DECODED_AT_ONCE = 4;

const BEAT_EVERY_MS = 250;

/** How long a request that was announced may take to be written: its writer may have died. */
const WRITTEN_WITHIN_MS = 1_000;

/** How long all slots are left to their readers before they are looked at again. */
const SLOT_PATIENCE_MS = 2;

/** The decoding side of one part of a store: takes requests, in order, and fills slots. */
export class StoreDecoder {
  readonly #store: StoredSamples;
  readonly #part: StorePart;
  readonly #decoder: RowDecoder;
  readonly #slots: SlotAllocator;
  readonly #underWay = new Set<number>();
  readonly #beat: ReturnType<typeof setInterval>;
  #head = 0;
  #isStopped = false;

  constructor(store: StoredSamples, part: StorePart, decoder: RowDecoder) {
    this.#store = store;
    this.#part = part;
    this.#decoder = decoder;
    this.#slots = new SlotAllocator(store, part);
    this.#beat = setInterval(() => {
      Atomics.add(part.control, PartWord.heartbeat, 1);
      // Requests of other processes wake nobody here.
      Atomics.notify(part.control, PartWord.tail);
    }, BEAT_EVERY_MS);
  }

  /** Serves requests until it is stopped. */
  async serve(): Promise<void> {
    const { control } = this.#part;
    while (!this.#isStopped) {
      const tail = Atomics.load(control, PartWord.tail);
      if (this.#head === tail) {
        const waiting = Atomics.waitAsync(control, PartWord.tail, tail);
        if (waiting.async) await waiting.value;
        continue;
      }
      const row = await this.#takeRequest();
      if (row === undefined || this.#underWay.has(row)) continue;
      // It came in the meantime, or was found in its slot all the same.
      if (Atomics.load(this.#store.slotOf, row) !== REQUESTED) continue;
      await this.#begin(row);
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#beat);
    Atomics.notify(this.#part.control, PartWord.tail);
  }

  /** The oldest request's row; undefined where it never came. */
  async #takeRequest(): Promise<number | undefined> {
    const { ring } = this.#part;
    const place = this.#head & (ring.length - 1);
    let row = Atomics.exchange(ring, place, 0) - 1;
    for (let waitedMs = 0; row < 0 && waitedMs < WRITTEN_WITHIN_MS; waitedMs++) {
      await setTimeout(1);
      row = Atomics.exchange(ring, place, 0) - 1;
    }
    this.#head = (this.#head + 1) | 0;
    return row < 0 ? undefined : row;
  }

  /** Begins to decode a row, once there are not too many under way. */
  async #begin(row: number): Promise<void> {
    this.#underWay.add(row);
    const work = this.#load(row).finally(() => {
      this.#underWay.delete(row);
      this.#wake();
    });
    if (this.#underWay.size < DECODED_AT_ONCE) return void work;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = () => undefined;
  }

  #wake: () => void = () => undefined;

  async #load(row: number): Promise<void> {
    const { slotOf, clock } = this.#store;
    try {
      const bytes = await this.#decoder.decode(row);
      this.#assertLength(row, bytes);
      Atomics.add(clock, ClockWord.decoded, 1);
      while (!this.#fill(row, bytes) && !this.#isStopped) await setTimeout(SLOT_PATIENCE_MS);
    } catch (error) {
      Atomics.store(slotOf, row, REQUESTED - 1 - this.#writeMessage(describeCause(error)));
    }
    Atomics.notify(slotOf, row);
  }

  /** Without a pause between taking a slot and saying whose it is. False where all slots are being read. */
  #fill(row: number, bytes: Uint8Array): boolean {
    const slot = this.#slots.take(row);
    if (slot === undefined) return false;
    viewSlot(this.#store, this.#part, slot).set(bytes);
    Atomics.store(this.#store.slotOf, row, slot + 1);
    return true;
  }

  #assertLength(row: number, { length }: Uint8Array): void {
    const { rowBytes } = this.#store;
    if (length === rowBytes) return;
    throw new Error(`row ${row} of the data has ${length} bytes in place of ${rowBytes}: its file has changed`);
  }

  /** Leaves a text for whoever reads the row. Returns its place. */
  #writeMessage(text: string): number {
    const { clock, messages } = this.#store;
    const index = Atomics.add(clock, ClockWord.messages, 1) % KEPT_MESSAGES;
    const bytes = new Uint8Array(MESSAGE_BYTES);
    bytes.set(new TextEncoder().encode(text).subarray(0, MESSAGE_BYTES));
    messages.set(bytes, index * MESSAGE_BYTES);
    return index;
  }
}
