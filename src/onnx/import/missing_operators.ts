/** Operators without a rule by what to do about them. */
const REASONS: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /[Qq]uantize|QLinear|QGemm|QAttention|^(com\.microsoft\.)?(MatMul|Conv)(Integer|NBits|BnbFb4)/,
    reason: "it is quantised: give the model of floats that it was made from",
  },
  {
    pattern: /^(If|Loop|Scan)$|^(Optional|Sequence|Split.?ToSequence)/,
    reason: "it is control flow: export the model without it, for inputs of one shape",
  },
  {
    pattern: /^(Random|Bernoulli|Multinomial)/,
    reason: "it draws random numbers: export the model in evaluation mode",
  },
  {
    pattern: /^(Compress|NonMaxSuppression|NonZero|Unique)$/,
    reason: "the shape of what it gives depends on values: end the network before it by features=NAME",
  },
];

/** Why an operator cannot be imported, and what helps. */
export function explainMissing(op: string): string {
  return REASONS.find(({ pattern }) => pattern.test(op))?.reason ?? "there is no rule for this operator";
}
