import {
  parseSavedList,
  parseSavedNumber,
  parseSavedRecord,
  parseSavedVector,
  type SavedState,
} from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { ClockState } from "../../training/loop/clock.ts";
import { restoreSnapshot, takeSnapshot } from "../../training/loop/strategy_snapshot.ts";

/**
 * All that a strategy inside another needs to go on from here, between two calls of its `train`; it must have been
 * started. What its evaluator has measured and what was assigned to it is not kept; it must not have heads that grow.
 */
export function saveNestedStrategy(strategy: BaseStrategy): SavedState {
  const { heads: _heads, evaluator: _evaluator, clock, optimizer, ...others } = takeSnapshot(strategy);
  const { optimizerSpec: _spec, settings: _settings, ...snapshot } = others;
  const { pieces = null, ...counters } = clock;
  return { ...snapshot, clock: { ...counters, pieces: pieces && { ...pieces } }, optimizer: [...optimizer] };
}

/**
 * Starts the strategy, if need be, and puts it where it was saved.
 * @throws {TypeError} If the state is not what `saveNestedStrategy` gave; the message starts with `act`.
 */
export async function restoreNestedStrategy(
  strategy: BaseStrategy,
  saved: SavedState,
  { act, sources }: { readonly act: string; readonly sources: ReadonlyMap<string, DataSource> },
): Promise<void> {
  await strategy.start();
  const record = parseSavedRecord(act, saved);
  const number = (name: string) => parseSavedNumber(act, record[name]);
  const counters = parseSavedRecord(act, record.clock);
  const counter = (name: string) => parseSavedNumber(act, counters[name]);
  const streams = Object.entries(parseSavedRecord(act, record.randomStreams));
  await restoreSnapshot(
    strategy,
    {
      heads: strategy.heads,
      parameters: parseSavedVector(act, record.parameters),
      layerState: parseSavedVector(act, record.layerState),
      optimizer: parseSavedList(act, record.optimizer).map((vector) => parseSavedVector(act, vector)),
      stepCount: number("stepCount"),
      sideSteps: number("sideSteps"),
      learningRate: number("learningRate"),
      isStopped: record.isStopped === true,
      randomStreams: Object.fromEntries(
        streams.map(([name, words]) => [name, parseSavedList(act, words).map((word) => parseSavedNumber(act, word))]),
      ),
      clock: {
        trainIterations: counter("trainIterations"),
        trainExpCounter: counter("trainExpCounter"),
        trainExpEpochs: counter("trainExpEpochs"),
        trainExpIterations: counter("trainExpIterations"),
        trainEpochIterations: counter("trainEpochIterations"),
        totalIterations: counter("totalIterations"),
        ...parsePieces(act, counters.pieces ?? null),
      },
      evaluator: strategy.evaluator.save(),
      plugins: parseSavedList(act, record.plugins).map((entry) => {
        const { name, state = null } = parseSavedRecord(act, entry);
        return { name: String(name), state };
      }),
      own: record.own ?? null,
    },
    sources,
  );
}

function parsePieces(act: string, saved: SavedState): Pick<ClockState, "pieces"> {
  if (saved === null) return {};
  const { continuations, lastOrigin = null } = parseSavedRecord(act, saved);
  const origin = lastOrigin === null ? null : parseSavedNumber(act, lastOrigin);
  return { pieces: { continuations: parseSavedNumber(act, continuations), lastOrigin: origin } };
}
