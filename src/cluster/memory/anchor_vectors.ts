/** What replicas hold features to: those of a model as it was, which nobody writes to. */
export interface AnchorVectors {
  /** The layer that gives the features. */
  readonly layerName: string;
  /** F, values of a row. */
  readonly width: number;
  /** The model's parameters [P] and layer state [Q], in shared memory. */
  readonly parameters: Float32Array<SharedArrayBuffer>;
  readonly state: Float32Array<SharedArrayBuffer>;
  /** What the mean of the squared distances is multiplied by. */
  readonly factor: number;
}
