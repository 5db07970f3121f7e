import process from "node:process";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";
import { ProgressBar } from "./progress_bar.ts";
import { TextLogger } from "./text_logger.ts";

/** What the logger needs of a stream; process.stdout is one. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Where an interactive logger writes. */
export interface InteractiveLoggerOptions {
  /** Standard output unless given. */
  readonly stream?: TextStream;
  /** Whether to draw bars with control characters; what the stream says of itself unless given. */
  readonly isTerminal?: boolean;
  /** Milliseconds that only go up; performance.now unless given. */
  readonly now?: () => number;
}

const eraseLine = "\r\x1b[2K";

/**
 * Writes a text logger's lines, and on a terminal a progress bar over the iterations of each epoch and of each
 * evaluated experience below them. Elsewhere it writes plain lines without any control character.
 */
export class InteractiveLogger implements Logger {
  readonly #stream: TextStream;
  readonly #isTerminal: boolean;
  readonly #now: () => number;
  readonly #text: TextLogger;
  #isBarShown = false;
  // Two, because an evaluation may happen in the middle of an epoch.
  #trainBar: ProgressBar | undefined;
  #evalBar: ProgressBar | undefined;

  constructor({ stream = process.stdout, isTerminal, now = () => performance.now() }: InteractiveLoggerOptions = {}) {
    this.#stream = stream;
    this.#isTerminal = isTerminal ?? stream.isTTY === true;
    this.#now = now;
    this.#text = new TextLogger({ write: (text) => this.#writeLines(text) });
  }

  logMetrics(values: readonly MetricValue[]): void {
    this.#text.logMetrics(values);
  }

  beforeTraining(): void {
    this.#text.beforeTraining();
  }

  beforeTrainingExp(strategy: EvaluatedStrategy): void {
    this.#text.beforeTrainingExp(strategy);
  }

  beforeTrainingEpoch(strategy: EvaluatedStrategy): void {
    this.#trainBar = this.#createTrainBar(strategy);
  }

  afterTrainingIteration(strategy: EvaluatedStrategy): void {
    // A run that is resumed goes on in the middle of an epoch.
    this.#trainBar ??= this.#createTrainBar(strategy);
    this.#trainBar?.advance(strategy.loss);
  }

  afterTrainingEpoch(strategy: EvaluatedStrategy): void {
    this.#finishBar(this.#trainBar);
    this.#trainBar = undefined;
    this.#text.afterTrainingEpoch(strategy);
  }

  afterTrainingExp(): void {
    this.#text.afterTrainingExp();
  }

  afterTraining(): void {
    this.#text.afterTraining();
  }

  beforeEval(): void {
    this.#text.beforeEval();
  }

  beforeEvalExp(strategy: EvaluatedStrategy): void {
    this.#text.beforeEvalExp(strategy);
    this.#evalBar = this.#createBar("Evaluation", strategy);
  }

  afterEvalIteration(strategy: EvaluatedStrategy): void {
    this.#evalBar?.advance(strategy.loss);
  }

  afterEvalExp(strategy: EvaluatedStrategy): void {
    this.#finishBar(this.#evalBar);
    this.#evalBar = undefined;
    this.#text.afterEvalExp(strategy);
  }

  afterEval(): void {
    this.#text.afterEval();
  }

  #createTrainBar(strategy: EvaluatedStrategy): ProgressBar | undefined {
    const { trainExpEpochs, trainEpochIterations: done } = strategy.clock;
    return this.#createBar(`Epoch ${trainExpEpochs + 1}/${strategy.trainEpochs}`, strategy, done);
  }

  #createBar(label: string, strategy: EvaluatedStrategy, done = 0): ProgressBar | undefined {
    if (!this.#isTerminal) return undefined;
    // One column stays free: a line that fills the last one wraps on some terminals and could not be erased.
    const width = (this.#stream.columns || 80) - 1;
    const draw = (line: string) => this.#drawBar(line);
    return new ProgressBar({ label, total: strategy.iterationsPerEpoch, done, draw, now: this.#now, width });
  }

  #finishBar(bar: ProgressBar | undefined): void {
    if (!bar) return;
    bar.finish();
    this.#stream.write("\n");
    this.#isBarShown = false;
  }

  #drawBar(line: string): void {
    this.#stream.write(eraseLine + line);
    this.#isBarShown = true;
  }

  /** Takes a bar that is being drawn out of the way; its next drawing is below the lines. */
  #writeLines(text: string): void {
    if (this.#isBarShown) this.#stream.write(eraseLine);
    this.#isBarShown = false;
    this.#stream.write(text);
  }
}
