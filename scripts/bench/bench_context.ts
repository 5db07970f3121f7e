import { elementAt } from "../../src/core/element_at.ts";
import type { BenchSizes } from "./bench_sizes.ts";
import type { PythonPeer } from "./contestants/find_pythons.ts";
import { type Contestant, type InterleaveOptions, interleave } from "./interleave.ts";

/** What every suite gets. */
export interface BenchContext {
  readonly sizes: BenchSizes;
  /** Pythons with PyTorch to measure against; none without --peers. */
  readonly pythons: readonly PythonPeer[];
  /** Pythons with a server. */
  readonly servers: readonly PythonPeer[];
  readonly signal: AbortSignal;
  /** Tells what is being measured; each text takes the place of the one before. */
  readonly progress: (text: string) => void;
  /** A line to be kept: something that a reader of the figures must know. */
  readonly note: (text: string) => void;
}

/** What takes turns, and for how long if not as the context's sizes say. */
export interface Turns extends Partial<Pick<InterleaveOptions, "repetitions" | "warmups" | "leadIns">> {
  /** For the progress line. */
  readonly about: string;
  /** Opened one after another before the first turn, closed after the last. */
  readonly open: readonly (() => Promise<Contestant>)[];
}

/** One contestant's figures, one a repetition. */
export interface Figures {
  readonly name: string;
  readonly values: readonly number[];
}

/** Opens contestants, lets them take turns, and closes them whatever happens. */
export async function takeTurns(
  { sizes, signal, progress }: BenchContext,
  { about, open, ...turns }: Turns,
): Promise<Figures[]> {
  const contestants: Contestant[] = [];
  try {
    for (const start of open) {
      signal.throwIfAborted();
      progress(`${about}: starting`);
      contestants.push(await start());
    }
    const onMeasurement = (name: string, round: number, rounds: number) =>
      progress(`${about}: ${name}, round ${round} of ${rounds}`);
    const { repetitions, warmups } = sizes;
    const figures = await interleave(contestants, { repetitions, warmups, signal, onMeasurement, ...turns });
    return contestants.map(({ name }, i) => ({ name, values: elementAt(figures, i) }));
  } finally {
    for (const contestant of contestants) await contestant.close();
  }
}
