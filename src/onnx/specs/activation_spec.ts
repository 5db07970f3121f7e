/** An elementwise function (softmax: along its axis), as layers name it. */
export type ActivationSpec =
  | { readonly kind: "linear" }
  /** max(x, 0), cut at `maxValue` where there is one. */
  | { readonly kind: "relu"; readonly maxValue?: number }
  | { readonly kind: "leakyRelu"; readonly alpha: number }
  /** x where x > threshold, else 0. */
  | { readonly kind: "thresholdedRelu"; readonly threshold: number }
  | { readonly kind: "elu"; readonly alpha: number }
  | { readonly kind: "selu" }
  | { readonly kind: "sigmoid" }
  | { readonly kind: "hardSigmoid" }
  | { readonly kind: "tanh" }
  | { readonly kind: "softmax"; readonly axis: number }
  | { readonly kind: "logSoftmax"; readonly axis: number }
  | { readonly kind: "softplus" }
  | { readonly kind: "softsign" }
  | { readonly kind: "swish" }
  | { readonly kind: "mish" }
  /** x Φ(x), where Φ is the standard normal distribution's. */
  | { readonly kind: "gelu" }
  /** The same with Φ approximated by a tanh. */
  | { readonly kind: "geluTanh" };
