/** A loss and its gradient with respect to the output. */
export interface LossAndGradient {
  readonly loss: number;
  /** dLoss/dOutput [B, C]; the receiver owns it. */
  readonly dOutput: Float32Array;
  /** Each sample's own loss [B], of which `loss` is the mean; without them samples cannot be weighed. */
  readonly losses?: Float64Array;
}
