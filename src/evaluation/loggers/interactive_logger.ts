import process from "node:process";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { callback, flag, objectLike } from "../../core/options/value_rules.ts";
import type { EvaluatedStrategy } from "../evaluated_strategy.ts";
import type { MetricValue } from "../metric_value.ts";
import type { Logger } from "./logger.ts";
import { ProgressBar } from "./progress_bar.ts";
import { ReplicaBars } from "./replica_bars.ts";
import { TextLogger } from "./text_logger.ts";

/** What the logger needs of a stream; process.stdout is one. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Where an interactive logger writes. */
export interface InteractiveLoggerOptions {
  /** Default: standard output. */
  readonly stream?: TextStream;
  /** Whether to draw bars with control characters. Default: what the stream says of itself. */
  readonly isTerminal?: boolean;
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: () => number;
  /** True draws a bar for each replica below the epoch's. */
  readonly perReplica?: boolean;
}

const INTERACTIVE_LOGGER_RULES: OptionRules<InteractiveLoggerOptions> = {
  stream: objectLike("a stream such as process.stdout", "write"),
  isTerminal: flag(),
  now: callback(),
  perReplica: flag(),
};

const eraseLine = "\r\x1b[2K";
const eraseBelow = "\r\x1b[J";

/** A bar, and below it those of the replicas. */
interface ShownBar {
  readonly bar: ProgressBar;
  readonly replicas: ReplicaBars | undefined;
}

/**
 * Writes a text logger's lines, and on a terminal a progress bar over the iterations of each epoch and of each
 * evaluated experience below them, with one for each replica on request. Elsewhere it writes plain lines without any
 * control character.
 */
export class InteractiveLogger implements Logger {
  readonly #stream: TextStream;
  readonly #isTerminal: boolean;
  readonly #now: () => number;
  readonly #text: TextLogger;
  readonly #perReplica: boolean;
  /** Lines of the bar that is shown, of which the cursor is in the first; 0 if none is. */
  #shownLines = 0;
  // Two, because an evaluation may happen in the middle of an epoch.
  #trainBar: ShownBar | undefined;
  #evalBar: ShownBar | undefined;

  /** @throws {TypeError} If an option is of another kind. */
  constructor(options: InteractiveLoggerOptions = {}) {
    assertOptions("InteractiveLogger", options, INTERACTIVE_LOGGER_RULES);
    const { stream = process.stdout, isTerminal, now = () => performance.now(), perReplica = false } = options;
    this.#stream = stream;
    this.#perReplica = perReplica;
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
    // The clock still has the iterations of the epoch before: it is the last to hear of a new one.
    this.#trainBar = this.#createTrainBar(strategy, 0);
  }

  afterTrainingIteration(strategy: EvaluatedStrategy): void {
    // A run that is resumed goes on in the middle of an epoch.
    this.#trainBar ??= this.#createTrainBar(strategy, strategy.clock.trainEpochIterations);
    advance(this.#trainBar, strategy);
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
    advance(this.#evalBar, strategy);
  }

  afterEvalExp(strategy: EvaluatedStrategy): void {
    this.#finishBar(this.#evalBar);
    this.#evalBar = undefined;
    this.#text.afterEvalExp(strategy);
  }

  afterEval(): void {
    this.#text.afterEval();
  }

  #createTrainBar(strategy: EvaluatedStrategy, done: number): ShownBar | undefined {
    const { trainExpEpochs } = strategy.clock;
    return this.#createBar(`Epoch ${trainExpEpochs + 1}/${strategy.trainEpochs}`, strategy, done);
  }

  #createBar(label: string, strategy: EvaluatedStrategy, done = 0): ShownBar | undefined {
    if (!this.#isTerminal) return undefined;
    const now = this.#now;
    const total = strategy.iterationsPerEpoch;
    // One column stays free: a line that fills the last one wraps on some terminals and could not be erased.
    const width = (this.#stream.columns || 80) - 1;
    const replicas = this.#perReplica && strategy.cluster ? new ReplicaBars({ total, done, now }) : undefined;
    const draw = (line: string) => this.#drawBar([line, ...(replicas?.format(width) ?? [])]);
    return { bar: new ProgressBar({ label, total, done, draw, now, width }), replicas };
  }

  #finishBar(shown: ShownBar | undefined): void {
    if (!shown) return;
    shown.bar.finish();
    this.#stream.write("\n".repeat(this.#shownLines));
    this.#shownLines = 0;
  }

  #drawBar(lines: readonly string[]): void {
    const below = lines.length - 1;
    const erase = below > 0 || this.#shownLines > 1 ? eraseBelow : eraseLine;
    const back = below > 0 ? `\x1b[${below}A\r` : "";
    this.#stream.write(erase + lines.join("\n") + back);
    this.#shownLines = lines.length;
  }

  /** Takes a bar that is being drawn out of the way; its next drawing is below the lines. */
  #writeLines(text: string): void {
    if (this.#shownLines > 0) this.#stream.write(this.#shownLines > 1 ? eraseBelow : eraseLine);
    this.#shownLines = 0;
    this.#stream.write(text);
  }
}

function advance(shown: ShownBar | undefined, { loss, cluster }: EvaluatedStrategy): void {
  if (cluster) shown?.replicas?.add(cluster.countRows());
  shown?.bar.advance(loss);
}
