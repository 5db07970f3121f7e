import { z } from "zod";
import { describeIssue } from "../../core/errors/describe_issue.ts";
import { RefusalError, TypeRefusal } from "../../core/errors/errors.ts";
import { hashParameters } from "../../core/hashing/hash_parameters.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import type { WeightsOrigin } from "../../models/weights_file.ts";
import { findUnsupportedLayers, parseTopology } from "../../onnx/topology/parse_topology.ts";
import { encodeCheckpoint } from "../checkpoints/checkpoint_codec.ts";
import { parseRunCheckpoint } from "../checkpoints/run_checkpoint.ts";

/** A trained model as a file holds it: all that another run can begin with. */
export interface KeptModel {
  readonly topology: ModelTopology;
  /** The label of each class id. */
  readonly classNames: readonly string[];
  /** What the outputs are called where they are numbers or labels to predict and have names. */
  readonly targetNames?: readonly string[] | undefined;
  /** Trainable weights [P]. */
  readonly parameters: Float32Array;
  /** The other weights [Q]: statistics of normalisation, which units of a growing head count. */
  readonly layerState: Float32Array;
  /** SHA-256 of the parameters, as summary.json has it. */
  readonly parametersHash: string;
  /** The file that other weights stand in, where they came from one. */
  readonly origin?: WeightsOrigin;
}

/** A model by itself: what a run that begins with one keeps in its folder. */
const modelFile = z.strictObject({
  kind: z.literal("model"),
  version: z.literal(1),
  topology: z.strictObject({ class_name: z.string(), config: z.unknown() }),
  classNames: z.array(z.string()),
  targetNames: z.array(z.string()).optional(),
  parameters: z.instanceof(Float32Array),
  layerState: z.instanceof(Float32Array),
});

/** The part of a run's options that says what its targets are called. */
const targetOptions = z.looseObject({ targetNames: z.array(z.string()).optional() });

/** The part of what `saveStrategy` writes that is its model. */
const strategyFile = z.looseObject({
  kind: z.literal("strategy"),
  topology: z.strictObject({ class_name: z.string(), config: z.unknown() }),
  labels: z.looseObject({
    classes: z.looseObject({ names: z.array(z.string()) }),
    targets: z.looseObject({ names: z.array(z.string()).optional() }).optional(),
  }),
  snapshot: z.looseObject({ parameters: z.instanceof(Float32Array), layerState: z.instanceof(Float32Array) }),
});

/** The bytes of a file that holds a model by itself, but for weights that stand in the file that it came from. */
export function encodeModel(kept: KeptModel): Uint8Array<ArrayBuffer> {
  const { parametersHash: _, targetNames, origin, ...model } = kept;
  const state = { kind: "model", version: 1, ...model, ...omitUndefined({ targetNames }) };
  // Layers that only TF.js knows are left to it: it alone can say how their weights lie.
  if (!origin || findUnsupportedLayers(model.topology).length > 0) return encodeCheckpoint(state);
  return encodeCheckpoint(state, { origin, layout: parseTopology(model.topology).stateLayout });
}

/**
 * The model in what a file held: a checkpoint of a run, a strategy of `saveStrategy`, or a model by itself.
 * @throws {TypeRefusal} If it is none of these, with the first place where it is not.
 * @throws {RefusalError} If it is a checkpoint of an earlier version, which held no model.
 */
export function parseKeptModel(state: SavedState): KeptModel {
  const kind = typeof state === "object" && state !== null && "kind" in state ? state.kind : undefined;
  if (kind === "model") return complete(parseWith(modelFile, state));
  if (kind === "strategy") {
    const { topology, labels, snapshot } = parseWith(strategyFile, state);
    return complete({ topology, classNames: labels.classes.names, targetNames: labels.targets?.names, ...snapshot });
  }
  const { config, model, place } = parseRunCheckpoint(state);
  if (!model) throw new RefusalError("it holds no model: an earlier version of Firn wrote it");
  const { targetNames } = parseWith(targetOptions, config);
  return complete({ ...model, targetNames, ...place.now });
}

function complete(model: Omit<KeptModel, "parametersHash">): KeptModel {
  const { topology, classNames, targetNames, parameters, layerState } = model;
  const parametersHash = hashParameters(parameters);
  return { topology, classNames, ...omitUndefined({ targetNames }), parameters, layerState, parametersHash };
}

function parseWith<Value>(schema: z.ZodType<Value>, state: unknown): Value {
  const result = schema.safeParse(state);
  if (result.success) return result.data;
  throw new TypeRefusal(describeIssue(result.error, state));
}
