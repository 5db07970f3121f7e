import { detachSegment, type Segment, type SegmentTools } from "./segment.ts";

interface HeldSegment {
  readonly segment: Segment;
  /** Views that are in use. */
  views: number;
  /** True while more is to be placed there. */
  isOpen: boolean;
}

/**
 * The segments that this process has mapped. A segment is freed once all views that were held of it are collected: it
 * keeps what is needed to free it, and nothing that keeps a view.
 */
export class SegmentTable {
  readonly #tools: SegmentTools;
  readonly #onFree: (segment: Segment) => void;
  readonly #byBuffer = new Map<ArrayBufferLike, HeldSegment>();
  readonly #bySerial = new Map<number, HeldSegment>();
  readonly #views = new FinalizationRegistry<HeldSegment>((held) => this.#forgetView(held));

  /** @param onFree Called for each segment that was freed. */
  constructor(tools: SegmentTools, onFree: (segment: Segment) => void = () => {}) {
    this.#tools = tools;
    this.#onFree = onFree;
  }

  get size(): number {
    return this.#byBuffer.size;
  }

  /** @param isOpen True where more is to be placed: it is not freed before `close`. */
  add(segment: Segment, { isOpen }: { readonly isOpen: boolean }): void {
    const held = { segment, views: 0, isOpen };
    this.#byBuffer.set(segment.buffer, held);
    this.#bySerial.set(segment.name.serial, held);
  }

  /** Nothing more is placed in the segment. */
  close(segment: Segment): void {
    const held = this.#byBuffer.get(segment.buffer);
    if (!held) return;
    held.isOpen = false;
    this.#freeUnused(held);
  }

  hold(view: ArrayBufferView): void {
    const held = this.#byBuffer.get(view.buffer);
    if (!held) return;
    held.views += 1;
    this.#views.register(view, held);
  }

  /** The segment in which a buffer is; undefined if it is in none. */
  find(buffer: ArrayBufferLike): Segment | undefined {
    return this.#byBuffer.get(buffer)?.segment;
  }

  findBySerial(serial: number): Segment | undefined {
    return this.#bySerial.get(serial)?.segment;
  }

  /** Frees all segments, whatever is held of them. */
  clear(): void {
    for (const held of [...this.#byBuffer.values()]) this.#free(held);
  }

  #forgetView(held: HeldSegment): void {
    held.views -= 1;
    this.#freeUnused(held);
  }

  #freeUnused(held: HeldSegment): void {
    if (held.views === 0 && !held.isOpen) this.#free(held);
  }

  #free({ segment }: HeldSegment): void {
    if (!this.#byBuffer.delete(segment.buffer)) return;
    this.#bySerial.delete(segment.name.serial);
    detachSegment(segment, this.#tools);
    this.#onFree(segment);
  }
}
