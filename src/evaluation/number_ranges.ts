/** A set of whole numbers, kept as ranges: numbers that come in order take the room of one. */
export class NumberRanges {
  /** First and last number of each range; they may overlap. */
  readonly #ranges: [number, number][];

  /** Goes on from what `save` gave. */
  constructor(ranges: readonly (readonly number[])[] = []) {
    this.#ranges = ranges.map(([first = 0, last = first]) => [first, last]);
  }

  add(number: number): void {
    if (this.has(number)) return;
    const neighbour = this.#ranges.find(([, last]) => last === number - 1);
    if (neighbour) neighbour[1] = number;
    else this.#ranges.push([number, number]);
  }

  has(number: number): boolean {
    return this.#ranges.some(([first, last]) => first <= number && number <= last);
  }

  /** Plain data. */
  save(): [number, number][] {
    return this.#ranges.map(([first, last]) => [first, last]);
  }
}
