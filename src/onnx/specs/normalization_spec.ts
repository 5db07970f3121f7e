import type { LayerCall } from "./layer_call.ts";

/** Normalises each sample over its last axes; see convertLayerNormalization. */
export interface LayerNormalizationSpec extends LayerCall {
  readonly kind: "layerNormalization";
  /** The layer that owns `gamma` and `beta`, of the lengths of the axes. */
  readonly layer: string;
  /** Counted with the batch as axis 0; negative ones from the end. */
  readonly axes: readonly number[];
  readonly epsilon: number;
  /** Whether there is a beta. */
  readonly center: boolean;
  /** Whether there is a gamma. */
  readonly scale: boolean;
}

/** Normalises each channel over the batch; see convertBatchNormalization. */
export interface BatchNormalizationSpec extends LayerCall {
  readonly kind: "batchNormalization";
  /** The layer that owns `gamma`, `beta`, `moving_mean` and `moving_variance`, each [C]. */
  readonly layer: string;
  /** Of the channels. */
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  /** Whether there is a beta. */
  readonly center: boolean;
  /** Whether there is a gamma. */
  readonly scale: boolean;
}
