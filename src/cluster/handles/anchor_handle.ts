import { countElements } from "../../core/host_tensor.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { TrainingPrecision } from "../../onnx/precision/precision.ts";
import type { FeatureTarget } from "../compute_request.ts";
import type { AnchorVectors } from "../memory/anchor_vectors.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** Coordinator-side handle to what steps hold features to. Vectors cross to the replicas once. */
export class AnchorHandle {
  readonly #group: ReplicaGroup;
  /** Of layers whose features can be held; undefined for those of which they cannot. */
  #widths = new Map<string, { readonly width: number | undefined }>();
  #placed: { readonly target: FeatureTarget; readonly anchor: AnchorVectors } | undefined;

  readonly #isFloat32: boolean;

  constructor(group: ReplicaGroup, { precision }: { readonly precision: TrainingPrecision }) {
    this.#group = group;
    this.#isFloat32 = precision === "float32";
  }

  /** Whose features are held at present. */
  get layerName(): string | undefined {
    return this.#placed?.anchor.layerName;
  }

  /** F, values of a row of features; undefined where the engine cannot hold them in a step or at this precision. */
  async findWidth(layerName: string): Promise<number | undefined> {
    if (!this.#isFloat32) return undefined;
    const known = this.#widths.get(layerName);
    if (known) return known.width;
    const answer = await this.#group.query({ kind: "anchor", layerName });
    const width = answer.kind === "shape" ? countElements(answer.shape) : undefined;
    this.#widths.set(layerName, { width });
    return width;
  }

  /** Gives the replicas what features are held to from now on. */
  async place(target: FeatureTarget): Promise<void> {
    const { layerName, vectors, factor } = target;
    const last = this.#placed;
    const isKnown = last?.target.vectors === vectors;
    if (isKnown && last.target.layerName === layerName && last.target.factor === factor) return;
    const width = await this.findWidth(layerName);
    if (width === undefined) throw new Error(`features of "${layerName}" cannot be held in a step`);
    const { parameters, state } = last?.anchor ?? allocateVectors(vectors);
    if (!isKnown) {
      parameters.set(vectors.parameters);
      state.set(vectors.state);
    }
    const anchor = { layerName, width, parameters, state, factor };
    await this.#group.send({ kind: "setAnchor", anchor });
    this.#placed = { target, anchor };
  }

  /** Prepares for another model. */
  forget(): void {
    this.#widths = new Map();
    this.#placed = undefined;
  }
}

/** Room for as long as the model stays. */
function allocateVectors({ parameters, state }: FeatureTarget["vectors"]): Pick<AnchorVectors, "parameters" | "state"> {
  return { parameters: createSharedFloat32(parameters.length), state: createSharedFloat32(state.length) };
}
