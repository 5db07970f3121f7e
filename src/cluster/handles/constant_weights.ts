import { Buffer } from "node:buffer";
import { type EngineModel, paysConstantWeights } from "../../engine/create_engine.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";
import type { ComputeRequest } from "../compute_request.ts";
import { keepsFeatures } from "../features/feature_handle.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** The weights that a model computes with. */
export interface Weights {
  /** [P] */
  readonly parameters: Float32Array;
  /** [Q] */
  readonly state: Float32Array;
}

type ConstantWeightsOptions = Pick<
  ResolvedClusterOptions,
  "devices" | "cuda" | "featureCacheBytes" | "featureCacheFolder" | "logicalShards"
>;

/**
 * Coordinator-side handle to weights that stay as they are through an evaluation: replicas may then load their graphs
 * with the weights as constants. Nobody promises that weights stay: they are compared before every minibatch, and once
 * others have come, the rest of the evaluation goes without.
 */
export class ConstantWeights {
  readonly #group: ReplicaGroup;
  readonly #options: ConstantWeightsOptions;
  #model: EngineModel;
  #number = 0;
  #isExpected = false;
  #held: Weights | undefined;

  constructor(group: ReplicaGroup, model: EngineModel, options: ConstantWeightsOptions) {
    this.#group = group;
    this.#model = model;
    this.#options = options;
  }

  /** The replicas compute another model from now on. */
  changeModel(model: EngineModel): void {
    this.#model = model;
    this.#held = undefined;
  }

  /** Does work in which so many rows are evaluated, with weights that are expected to stay. */
  async during<Result>(rows: number, work: () => Promise<Result>): Promise<Result> {
    const { devices, logicalShards: shards } = this.#options;
    const keeps = keepsFeatures(this.#options);
    this.#isExpected = await paysConstantWeights(this.#model, { devices, keepsFeatures: keeps, rows, shards });
    try {
      return await work();
    } finally {
      await this.#end();
    }
  }

  /** The number that replicas know the model's weights by; 0 where they may change, or others are asked for. */
  numberOf({ training, parameters }: ComputeRequest, weights: Weights): number {
    if (!this.#isExpected || training || parameters) return 0;
    if (!this.#held) {
      this.#held = { parameters: weights.parameters.slice(), state: weights.state.slice() };
      this.#number += 1;
      return this.#number;
    }
    if (isSame(this.#held.parameters, weights.parameters) && isSame(this.#held.state, weights.state)) {
      return this.#number;
    }
    this.#isExpected = false;
    return 0;
  }

  /** Has all that was prepared freed. */
  async #end(): Promise<void> {
    this.#isExpected = false;
    if (!this.#held) return;
    this.#held = undefined;
    await this.#group.send({ kind: "forgetWeights" });
  }
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return viewBytes(a).equals(viewBytes(b));
}

function viewBytes({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
