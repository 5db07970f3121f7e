import type { HostTensor } from "../../core/host_tensor.ts";
import type { RowFactorLayout } from "../../onnx/row_factors.ts";
import type { ComputeRequest } from "../compute_request.ts";
import { Phase } from "../protocol/control_block.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { ActivationHandle } from "./activation_handle.ts";
import { InputGradientHandle } from "./input_gradient_handle.ts";
import { RowFactorHandle } from "./row_factor_handle.ts";

/** Has the replicas compute a phase of a request. */
type Compute = (request: ComputeRequest, work: RowWork) => Promise<void>;

interface RowWork {
  readonly phase: number;
  /** Makes room for what comes. */
  readonly place: () => Promise<void>;
  /** [B, C], where the phase is one of gradients. */
  readonly dOutput?: Float32Array;
}

/** What replicas compute of each row beside its outputs, in memory that grows with the minibatches requested. */
export class RowResults {
  readonly #compute: Compute;
  readonly #activations: ActivationHandle;
  readonly #inputGradients: InputGradientHandle;
  readonly #factors: RowFactorHandle;

  constructor(group: ReplicaGroup, compute: Compute) {
    this.#compute = compute;
    this.#activations = new ActivationHandle(group);
    this.#inputGradients = new InputGradientHandle(group);
    this.#factors = new RowFactorHandle(group);
  }

  /** @see Cluster.activations */
  async activations(request: ComputeRequest, layerName: string): Promise<HostTensor> {
    const rows = request.samples.length;
    const place = () => this.#activations.place(layerName, rows);
    await this.#compute(request, { phase: Phase.activations, place });
    return this.#activations.read(rows);
  }

  /**
   * The gradient of the samples [B, …sampleShape] for dLoss/dOutput [B, C], as they are after their transforms. Of the
   * layers' state and the parameters' gradient nothing is touched.
   * @throws {RangeError} If the model takes samples for ids.
   */
  async inputGradients(request: ComputeRequest, dOutput: Float32Array): Promise<HostTensor> {
    const place = () => this.#inputGradients.place(request.samples);
    await this.#compute(request, { phase: Phase.inputGradients, place, dOutput });
    return this.#inputGradients.read(request.samples);
  }

  /** How rows' own gradients are made of factors; undefined where they are not, or the engine gives none. */
  findFactorLayout(): Promise<RowFactorLayout | undefined> {
    return this.#factors.findLayout();
  }

  /**
   * The factors of each sample's own gradient [B, F] for dLoss/dOutput [B, C], without dropout. Neither the layers'
   * state nor the parameters' gradient is touched.
   * @throws {RefusalError} If there are none.
   */
  async factors(request: ComputeRequest, dOutput: Float32Array): Promise<HostTensor> {
    const rows = request.samples.length;
    await this.#compute(request, { phase: Phase.rowFactors, place: () => this.#factors.place(rows), dOutput });
    return this.#factors.read(rows);
  }

  /** Prepares for another model. */
  forget(): void {
    for (const handle of [this.#activations, this.#inputGradients, this.#factors]) handle.forget();
  }
}
