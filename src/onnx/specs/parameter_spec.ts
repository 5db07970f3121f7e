/** One tensor that a layer owns. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** False for what training updates without a gradient. */
  readonly isTrainable: boolean;
}
