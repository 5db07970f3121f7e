/** One side of a comparison. */
export interface Contestant {
  readonly name: string;
  /** Does its work once and tells the figure. */
  measure(): Promise<number>;
  close(): Promise<void>;
}

/** How contestants take turns. */
export interface InterleaveOptions {
  readonly repetitions: number;
  /** Rounds before the first that counts. */
  readonly warmups: number;
  /**
   * Measurements at the beginning of each turn that do not count: after seconds of waiting, caches, pages and compiled
   * code are gone, and the first hundreds of short steps take up to twice as long. Default: none.
   */
  readonly leadIns?: number;
  /** Ends it between two measurements. */
  readonly signal: AbortSignal;
  /** Called before each measurement. */
  readonly onMeasurement?: (contestant: string, round: number, rounds: number) => void;
}

/**
 * Has all contestants measure themselves in turn, A B C A B C …, so that whatever else the machine does falls on all
 * alike.
 * @returns The figures of each contestant in the order of the rounds, warm-up rounds left out.
 * @throws The signal's reason, when it is aborted.
 */
export async function interleave(
  contestants: readonly Pick<Contestant, "name" | "measure">[],
  { repetitions, warmups, leadIns = 0, signal, onMeasurement }: InterleaveOptions,
): Promise<number[][]> {
  const figures: number[][] = contestants.map(() => []);
  for (let round = 0; round < warmups + repetitions; round++) {
    for (const [index, contestant] of contestants.entries()) {
      signal.throwIfAborted();
      onMeasurement?.(contestant.name, round + 1, warmups + repetitions);
      for (let i = 0; i < leadIns; i++) await contestant.measure();
      const figure = await contestant.measure();
      if (round >= warmups) figures[index]?.push(figure);
    }
  }
  return figures;
}
