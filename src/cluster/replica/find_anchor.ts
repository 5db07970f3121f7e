import { elementAt } from "../../core/element_at.ts";
import type { Engine, EngineInput, FeatureAnchor } from "../../engine/engine.ts";
import { Word } from "../protocol/control_block.ts";
import type { ReplicaState } from "./replica_state.ts";
import type { ShardBuffers } from "./shard_buffers.ts";

/**
 * What a shard's features are held to in a step: those of the model as it was, computed here. Undefined where the
 * command has no anchor.
 */
export async function findAnchor(
  engine: Engine,
  input: EngineInput,
  { known: { anchor, memory }, buffers }: { readonly known: ReplicaState; readonly buffers: ShardBuffers },
): Promise<FeatureAnchor | undefined> {
  if (memory.control[Word.anchored] !== 1) return undefined;
  if (!anchor) throw new Error("Cannot hold features to what they were: no anchor was set");
  const { layerName, width, parameters, state } = anchor;
  const targets = buffers.anchorTargetsOf(width);
  await engine.activations?.({ parameters, state }, { ...input, mode: "eval" }, layerName, targets);
  // The mean over the whole minibatch.
  const factor = anchor.factor / elementAt(memory.control, Word.batchSize);
  return { layerName, targets, factor, losses: buffers.anchorLosses };
}
