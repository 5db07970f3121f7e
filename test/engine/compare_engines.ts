import type { Engine, ModelVectors, Objective } from "../../src/engine/engine.ts";
import {
  computeGradient,
  computeOutputs,
  drawInput,
  drawObjective,
  drawVectors,
  measureDifference,
} from "./engine_fixtures.ts";

/** Largest absolute differences of two engines' results. */
export interface EngineDifferences {
  /** Of logits in mode "eval". */
  readonly outputs: number;
  /** Of logits in mode "train", dropout and batch statistics included. */
  readonly trainOutputs: number;
  readonly losses: number;
  readonly gradient: number;
  /** Of the gradient in mode "eval". */
  readonly evalGradient: number;
  /** Of the split step's gradient. */
  readonly splitGradient: number;
  /** Of the moving statistics after a training step. */
  readonly state: number;
}

/** What two engines of one topology are compared on. */
export interface ComparisonOptions {
  readonly sampleShape: readonly number[];
  /** Default 4. */
  readonly rows?: number;
  /** Default "cross-entropy". */
  readonly kind?: Objective["kind"];
  /** Drawn if left out. Not written. */
  readonly vectors?: ModelVectors;
  /** One a row; all 0 if left out. */
  readonly taskLabels?: Int32Array;
}

/**
 * Runs the same made batch through two engines of one topology: a forward pass in either mode, a fused and a split
 * step.
 * @throws {Error} If their layouts differ.
 */
export async function compareEngines(a: Engine, b: Engine, options: ComparisonOptions): Promise<EngineDifferences> {
  const { sampleShape, rows = 4, kind = "cross-entropy", vectors = drawVectors(a) } = options;
  const { taskLabels = new Int32Array(rows) } = options;
  if (JSON.stringify([a.layout, a.stateLayout]) !== JSON.stringify([b.layout, b.stateLayout])) {
    throw new Error(`The layouts of ${a.name} and ${b.name} differ: ${JSON.stringify([a.layout, b.layout])}`);
  }
  const [ofA, ofB] = [await runAll(a), await runAll(b)];
  return {
    outputs: measureDifference(ofA.outputs, ofB.outputs),
    trainOutputs: measureDifference(ofA.fused.outputs, ofB.fused.outputs),
    losses: measureDifference(ofA.fused.losses, ofB.fused.losses),
    gradient: measureDifference(ofA.fused.gradient, ofB.fused.gradient),
    evalGradient: measureDifference(ofA.evalFused.gradient, ofB.evalFused.gradient),
    splitGradient: measureDifference(ofA.splitGradient, ofB.splitGradient),
    state: measureDifference(ofA.state, ofB.state),
  };

  async function runAll(engine: Engine) {
    const own = { parameters: vectors.parameters.slice(), state: vectors.state.slice() };
    const input = drawInput(rows, { sampleShape, taskLabels });
    const objective = drawObjective(kind, rows, engine.outputSize);
    const outputs = await computeOutputs(engine, own, { ...input, mode: "eval" });
    const splitGradient = new Float32Array(engine.layout.size).fill(Number.NaN);
    await engine.backward(own, input, objective.targets, splitGradient);
    const evalFused = await computeGradient(engine, own, { ...input, mode: "eval" }, objective);
    return {
      outputs,
      evalFused,
      splitGradient,
      fused: await computeGradient(engine, own, input, objective),
      state: own.state,
    };
  }
}
