import type { Cluster } from "../../cluster/cluster.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { ScratchSamples } from "../../data/scratch_samples.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import { flattenWeights } from "../../models/model_snapshot.ts";
import { loadSubmodel, startSubmodel } from "../../training/submodels/submodel_replicas.ts";
import type { VAETraining } from "./vae_training.ts";

/** By the strategy that trains the generator. */
const loaded = new WeakMap<VAETraining, DecoderReplicas>();

/**
 * A generator's decoder on replicas of its own: what the generator was when it was loaded, whatever it is trained to
 * since. They end with the generator's strategy; calls must not overlap.
 */
export class DecoderReplicas {
  readonly #cluster: Cluster;
  readonly #latentSize: number;
  readonly #latents = new ScratchSamples("latents of a generator");

  private constructor(cluster: Cluster, latentSize: number) {
    this.#cluster = cluster;
    this.#latentSize = latentSize;
  }

  /**
   * The generator as it is now, on replicas laid out as its own are; they start at the first call. Whoever loaded it
   * before gets the same ones, so they must all want the generator of the same moment: the end of its last experience.
   */
  static async load(strategy: VAETraining): Promise<DecoderReplicas> {
    const decoder = loaded.get(strategy) ?? (await DecoderReplicas.#start(strategy));
    loaded.set(strategy, decoder);
    decoder.#load(strategy);
    return decoder;
  }

  static async #start(strategy: VAETraining): Promise<DecoderReplicas> {
    const { generator } = strategy;
    const decoder = generator.createDecoder();
    const outputSize = countOutputs(decoder);
    const snapshot = flattenWeights(decoder);
    decoder.dispose();
    const cluster = await startSubmodel(strategy, { ...snapshot, outputSize });
    return new DecoderReplicas(cluster, generator.latentSize);
  }

  /** Samples [count, D] of latents from N(0, 1), the decoder's means. The caller owns them. */
  async generate(count: number, random: RandomStream): Promise<Float32Array> {
    const data = Float32Array.from({ length: count * this.#latentSize }, () => random.normal());
    const nothing = new Int32Array(count);
    const samples = this.#latents.write({
      x: { data, shape: [count, this.#latentSize] },
      y: nothing,
      taskLabels: nothing,
    });
    return (await this.#cluster.forward({ samples, training: false, dropoutStep: 0 })).data;
  }

  #load({ cluster }: VAETraining): void {
    loadSubmodel(this.#cluster, cluster, cluster.model);
  }
}
