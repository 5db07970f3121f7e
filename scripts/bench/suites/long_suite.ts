import { elementAt } from "../../../src/core/element_at.ts";
import { type BenchContext, type Figures, takeTurns } from "../bench_context.ts";
import type { Comparison, Unit } from "../bench_row.ts";
import { openEpochs, openEpochsPeer } from "../contestants/epochs_training.ts";
import { ONLINE_BATCH_SIZE, openOnline, openOnlinePeer } from "../contestants/online_training.ts";
import { describePython } from "../contestants/peer_contestant.ts";
import type { Contestant } from "../interleave.ts";

/** An online training is measured in so many parts, and SplitMNIST has so many experiences. */
const TENTHS = 10;
const EXPERIENCES = 5;

/** Whether PyTorch takes subnormal numbers for zero: it does not unless it is told to. */
const FLUSHES = [false, true] as const;

/**
 * Long trainings: is the end as fast as the beginning? What decays becomes subnormal after some thousands of steps, on
 * which many processors are slow. Contestants take turns part by part, and each part is measured once.
 */
export async function* runLongSuite(context: BenchContext): AsyncGenerator<Comparison> {
  yield* compareOnline(context);
  for (const optimizer of ["sgd", "adam"] as const) yield* compareEpochs(context, optimizer);
}

async function* compareOnline(context: BenchContext): AsyncGenerator<Comparison> {
  const { sizes, pythons } = context;
  const steps = sizes.longSteps;
  const openPeers = pythons.flatMap((python) =>
    FLUSHES.map((flushDenormal) => (): Promise<Contestant> => {
      const name = describeTorch(describePython("PyTorch", python, 1), flushDenormal);
      return openOnlinePeer(sizes, { name, python, script: "online_torch.py", steps, more: { flushDenormal } });
    }),
  );
  const figures = await takeTurns(context, {
    about: "long, online",
    open: [() => openOnline(sizes, { workers: 0, engine: "onnxruntime", steps }), ...openPeers],
    repetitions: TENTHS,
    warmups: 0,
  });
  const name = `replay ${ONLINE_BATCH_SIZE} + ${ONLINE_BATCH_SIZE}, ${TENTHS * steps} steps, workers 0, last tenth`;
  yield* compareEnds(context, figures, { name, unit: "steps/s", first: "the first tenth" });
}

async function* compareEpochs(context: BenchContext, optimizer: "sgd" | "adam"): AsyncGenerator<Comparison> {
  const { sizes, pythons } = context;
  const options = { optimizer, epochs: sizes.longEpochs, examplesPerExperience: sizes.examplesPerExperience };
  const openPeers = pythons.flatMap((python) =>
    FLUSHES.map((flushDenormal) => (): Promise<Contestant> => {
      const name = describeTorch(describePython("PyTorch", python, 1), flushDenormal);
      return openEpochsPeer(options, { name, python, flushDenormal });
    }),
  );
  const figures = await takeTurns(context, {
    about: `long, ${optimizer}`,
    open: [() => openEpochs(options), ...openPeers],
    repetitions: EXPERIENCES,
    warmups: 0,
  });
  const rule = optimizer === "sgd" ? "SGD with momentum 0.9" : "Adam";
  const name = `SplitMNIST, ${sizes.longEpochs} epochs, ${rule}, 1 worker, step of the last experience`;
  yield* compareEnds(context, figures, { name, unit: "ms", first: "the first experience" });
}

/** Our last part against our first, and against each peer's last; a note tells all parts of each. */
function* compareEnds(
  { note }: BenchContext,
  figures: readonly Figures[],
  { name, unit, first }: { readonly name: string; readonly unit: Unit; readonly first: string },
): Generator<Comparison> {
  for (const { name: contestant, values } of figures) {
    note(`${name}: ${contestant}, part by part in ${unit}: ${values.map((value) => value.toPrecision(3)).join(", ")}`);
  }
  const own = elementAt(figures, 0).values;
  const base = { suite: "long", name, unit, ours: own.slice(-1) } as const;
  yield { ...base, peerName: first, peer: own.slice(0, 1) };
  for (const peer of figures.slice(1)) yield { ...base, peerName: peer.name, peer: peer.values.slice(-1) };
}

function describeTorch(torch: string, flushDenormal: boolean): string {
  return `${torch}, a plain loop${flushDenormal ? ", set_flush_denormal" : ""}`;
}
