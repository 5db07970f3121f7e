/**
 * One call of a layer. `name` is the call's own and names its output; it is the layer's name unless the layer is
 * called several times. `inputs` are names of other calls.
 */
export interface LayerCall {
  readonly name: string;
  readonly inputs: readonly string[];
}
