/**
 * A model as data: the JSON that `tf.LayersModel.toJSON(undefined, false)` returns, parsed. It crosses to Workers,
 * stands in checkpoints, and is what every engine loads.
 */
export interface ModelTopology {
  readonly class_name: string;
  readonly config: unknown;
}
