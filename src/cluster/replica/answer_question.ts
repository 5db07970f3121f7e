import { serializeError } from "../../core/errors/error_data.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import type { ReplicaAnswer, ReplicaQuestion } from "../protocol/replica_command.ts";

/** Has an engine answer a question about its model. What it refuses is an answer, too. */
export async function answerQuestion(engine: Engine, question: ReplicaQuestion): Promise<ReplicaAnswer> {
  if (question.kind === "traffic") return { kind: "traffic", traffic: engine.computer?.memory.traffic };
  try {
    if (question.kind === "rowFactors") return { kind: "rowFactors", layout: await engine.rowFactorLayout?.() };
    return { kind: "shape", shape: await measure(engine, question) };
  } catch (thrown) {
    return { kind: "refusal", error: serializeError(thrown) };
  }
}

async function measure(
  engine: Engine,
  question: Exclude<ReplicaQuestion, { kind: "traffic" | "rowFactors" }>,
): Promise<readonly number[]> {
  switch (question.kind) {
    case "activationShape":
      if (engine.activationShape) return engine.activationShape(question.layerName);
      throw new RefusalError(`the engine ${engine.name} cannot compute a layer's activations`);
    case "anchor":
      if (engine.anchorShape) return engine.anchorShape(question.layerName);
      throw new RefusalError(`the engine ${engine.name} cannot hold features in a step`);
    case "inputGradients":
      if (!engine.inputGradients) throw new RefusalError(`the engine ${engine.name} cannot differentiate samples`);
      await engine.assertInputGradients?.();
      return [];
  }
}
