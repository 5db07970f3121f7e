import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { RateUnit } from "./progress.ts";
import { ProgressBar } from "./progress_bar.ts";
import { ReplicaBars } from "./replica_bars.ts";

/** What is written to: process.stdout is one. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Whether colors are wanted on it. Default: false. */
  readonly isColored?: boolean | undefined;
}

/** What a bar stands for. */
export interface BarMeasure {
  /** What stands before the bar. */
  readonly label: string;
  readonly total: number;
  /** What is counted a second. */
  readonly unit: RateUnit;
  /** What was done of it before. Default: the iterations of the epoch, of a run that goes on in its middle. */
  readonly done?: number;
}

/** Where bars are drawn, and how. */
export interface TerminalBarsOptions {
  readonly stream: TextStream;
  /** False draws none. */
  readonly isTerminal: boolean;
  /** Milliseconds that only go up. */
  readonly now: () => number;
  /** True draws a bar for each replica below the epoch's. */
  readonly perReplica: boolean;
  /** True leaves finished bars where they are; false draws the next one in their place. */
  readonly keepsFinished: boolean;
  /** What a bar of the strategy's epoch or evaluation stands for. */
  readonly measure: (strategy: EvaluatedStrategy, mode: "train" | "eval") => BarMeasure;
}

const ERASE_LINE = "\r\x1b[2K";
/** Empties the line of the cursor and all below it. */
export const ERASE_BELOW = "\r\x1b[J";

/** A bar, and below it those of the replicas. */
interface ShownBar {
  readonly bar: ProgressBar;
  readonly replicas: ReplicaBars | undefined;
}

/** A progress bar over the iterations of each epoch and of each evaluated experience, drawn in place on a terminal. */
export class TerminalBars {
  readonly #options: TerminalBarsOptions;
  /** Lines of the bar that is shown, of which the cursor is in the first; 0 if none is. */
  #shownLines = 0;
  // Two, because an evaluation may happen in the middle of an epoch.
  #trainBar: ShownBar | undefined;
  #evalBar: ShownBar | undefined;

  constructor(options: TerminalBarsOptions) {
    this.#options = options;
  }

  /** Writes lines above the bar: its next drawing is below them. */
  write(text: string): void {
    if (this.#shownLines > 0) this.#options.stream.write(this.#shownLines > 1 ? ERASE_BELOW : ERASE_LINE);
    this.#shownLines = 0;
    if (text !== "") this.#options.stream.write(text);
  }

  /** Shows a line in the place of the bar; where the stream is no terminal, among the lines. */
  note(text: string): void {
    const { isTerminal, stream } = this.#options;
    if (isTerminal) this.#drawBar([text.slice(0, (stream.columns || 80) - 3)]);
    else stream.write(`${text}\n`);
  }

  beforeTrainingEpoch(strategy: EvaluatedStrategy): void {
    // The clock still has the iterations of the epoch before: it is the last to hear of a new one.
    this.#trainBar = this.#createBar("train", strategy, 0);
  }

  afterTrainingIteration(strategy: EvaluatedStrategy): void {
    // A run that is resumed goes on in the middle of an epoch.
    this.#trainBar ??= this.#createBar("train", strategy, strategy.clock.trainEpochIterations);
    advance(this.#trainBar, strategy);
  }

  afterTrainingEpoch(): void {
    this.#finishBar(this.#trainBar);
    this.#trainBar = undefined;
  }

  beforeEvalExp(strategy: EvaluatedStrategy): void {
    this.#evalBar = this.#createBar("eval", strategy, 0);
  }

  afterEvalIteration(strategy: EvaluatedStrategy): void {
    advance(this.#evalBar, strategy);
  }

  afterEvalExp(): void {
    this.#finishBar(this.#evalBar);
    this.#evalBar = undefined;
  }

  #createBar(mode: "train" | "eval", strategy: EvaluatedStrategy, iterations: number): ShownBar | undefined {
    const { isTerminal, stream, perReplica, now, keepsFinished, measure } = this.#options;
    if (!isTerminal) return undefined;
    const { label, total, unit, done = iterations } = measure(strategy, mode);
    // A line that wraps could not be erased: it does where it fills the last column of some terminals, and where a
    // terminal shows Ctrl-C as ^C behind it.
    const width = (stream.columns || 80) - (keepsFinished ? 1 : 3);
    const replicas = perReplica && strategy.cluster ? new ReplicaBars({ total, done, now }) : undefined;
    const draw = (line: string) => this.#drawBar([line, ...(replicas?.format(width) ?? [])]);
    return { bar: new ProgressBar({ label, total, done, unit, draw, now, width }), replicas };
  }

  #finishBar(shown: ShownBar | undefined): void {
    if (!shown) return;
    shown.bar.finish();
    if (!this.#options.keepsFinished) return;
    this.#options.stream.write("\n".repeat(this.#shownLines));
    this.#shownLines = 0;
  }

  #drawBar(lines: readonly string[]): void {
    const below = lines.length - 1;
    const erase = below > 0 || this.#shownLines > 1 ? ERASE_BELOW : ERASE_LINE;
    const back = below > 0 ? `\x1b[${below}A\r` : "";
    this.#options.stream.write(erase + lines.join("\n") + back);
    this.#shownLines = lines.length;
  }
}

function advance(shown: ShownBar | undefined, { loss, cluster, mbY }: EvaluatedStrategy): void {
  if (cluster) shown?.replicas?.add(cluster.countRows());
  shown?.bar.advance(loss, mbY.length);
}
