import { describe, expect, test } from "bun:test";
import type { Engine, Objective } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import type { ModelSnapshot } from "../../src/models/model_snapshot.ts";
import { describeDropout } from "./engine_dropout_laws.ts";
import {
  CLASSES,
  computeGradient,
  computeOutputs,
  createSmallModel,
  drawInput,
  drawObjective,
  measureDifference,
  SMALL_MODELS,
  sliceRows,
} from "./engine_fixtures.ts";
import { describeGradients, MovedOutputs } from "./engine_gradient_laws.ts";
import { describeMemory } from "./engine_memory_laws.ts";
import { describeObjectives } from "./engine_objective_laws.ts";
import { describeFrozenState, describeState } from "./engine_state_laws.ts";
import { type OpenedEngine, openForTests } from "./opened_engine.ts";

/** What differs between engines. */
export interface EngineContractOptions {
  /** Between two ways to the same float32 numbers. Default 1e-5. */
  readonly tolerance?: number;
  /**
   * Between a gradient and central differences of the loss. Outputs are float32: near 1 they are off by up to 1e-7,
   * which the division by the step makes 3e-5; the rest is the loss's third derivative. Default 1e-3.
   */
  readonly differencesTolerance?: number;
  /** Counts what an engine must give back: tensors, sessions. */
  readonly countLive?: () => Promise<number> | number;
}

const OBJECTIVES: readonly Objective["kind"][] = [
  "cross-entropy",
  "binary-cross-entropy",
  "mse",
  "focal",
  "binary-focal",
  "huber",
];

/**
 * The laws that every engine obeys, as tests. Call it once in a test file.
 * @param create Loads an engine; the suite closes it.
 */
export function describeEngineContract(
  name: string,
  create: (topology: ModelTopology) => Promise<Engine>,
  options: EngineContractOptions = {},
): void {
  const { tolerance = 1e-5, differencesTolerance = 1e-3, countLive = () => 0 } = options;

  for (const [modelName, model] of SMALL_MODELS) {
    describe(`${name}, ${modelName}`, () => {
      const snapshot = createSmallModel(model);
      const opened = openForTests(create, snapshot);
      describeShapes(opened, snapshot);
      const laws = { moved: new MovedOutputs(opened), tolerance, differencesTolerance };
      for (const kind of OBJECTIVES) describeGradients(opened, { kind, ...laws });
    });
  }
  describe(`${name}, objectives`, () => describeObjectives(create, tolerance));
  describe(`${name}, dropout`, () => describeDropout(create, tolerance));
  describe(`${name}, layer state`, () => describeState(create, tolerance));
  describe(`${name}, frozen state`, () => describeFrozenState(create, tolerance));
  describe(`${name}, memory`, () => describeMemory(create, countLive));
}

function describeShapes(opened: () => OpenedEngine, snapshot: ModelSnapshot): void {
  test("layout is the model's, when loaded", () => {
    const { engine } = opened();
    expect(engine.layout).toEqual(snapshot.layout);
    expect(engine.stateLayout).toEqual(snapshot.stateLayout);
    expect(engine.outputSize).toBe(CLASSES);
  });

  test("forward() gives logits for any number of rows, each row alone", async () => {
    const { engine, vectors } = opened();
    const input = drawInput(7, { mode: "eval" });
    const whole = await computeOutputs(engine, vectors, input);
    for (const row of [0, 6]) {
      const [alone] = sliceRows(input, drawObjective("mse", 7), [row, row + 1]);
      const outputs = await computeOutputs(engine, vectors, alone);
      expect(measureDifference(outputs, whole.slice(row * CLASSES, (row + 1) * CLASSES))).toBeLessThan(1e-5);
    }
  });

  test("forward() and gradient() leave parameters and input as they were, when run", async () => {
    const { engine, vectors } = opened();
    const input = drawInput(4);
    const [parameters, x] = [vectors.parameters.slice(), input.x.data.slice()];
    await computeOutputs(engine, vectors, input);
    await computeGradient(engine, vectors, input, drawObjective("cross-entropy", 4));
    expect(vectors.parameters).toEqual(parameters);
    expect(input.x.data).toEqual(x);
  });
}
