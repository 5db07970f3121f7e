/** Lengths of a tensor's axes; null is the batch, or a length that is not known. */
export type LayerShape = readonly (number | null)[];

/** One shape, or one for each of several tensors. */
export type LayerShapes = LayerShape | readonly LayerShape[];

/** What of a layer is needed to count; a TF.js layer is one. A layer with `layers` is a model within the model. */
export interface CountedLayer {
  readonly name: string;
  getClassName(): string;
  getConfig(): object;
  /** The layer's calls. */
  readonly inboundNodes: readonly { readonly inputShapes: LayerShapes; readonly outputShapes: LayerShapes }[];
  readonly weights: readonly { readonly name: string; readonly shape: LayerShape }[];
  readonly layers?: readonly CountedLayer[];
}

/** A model, as far as its layers go; `tf.LayersModel` is one. */
export interface CountedModel {
  readonly layers: readonly CountedLayer[];
}
