import { type OptionSchema, type OptionsOf, resolveOptions, withDefault } from "../core/options/option_schema.ts";
import { listOf, number, text, wholeNumber } from "../core/options/value_rules.ts";

/** What `lora` is built from. */
export const LORA_OPTIONS = {
  rank: withDefault(wholeNumber(1), 8, "r: A is [r, in] and B [out, r]"),
  alpha: withDefault(number({ above: 0 }), 16, "what an adapter gives is multiplied by alpha / rank"),
  target: withDefault(
    listOf(text(1), 1),
    ["*"],
    "weights that get an adapter: patterns of their names, or of the operators that take them (*.query.weight)",
  ),
} satisfies OptionSchema;

/** What `lora` is built from; every option has a default. */
export type LoraOptions = OptionsOf<typeof LORA_OPTIONS>;

/** Low-rank adapters of a network's weights: what `onnxModel` is told of them. */
export interface LoraAdapter {
  readonly kind: "lora";
  readonly rank: number;
  readonly alpha: number;
  readonly target: readonly string[];
}

/**
 * Low-rank adapters for `onnxModel`: beside each product by a weight W that is not trained, y = x · Wᵀ, stands another
 * one, (alpha / rank) · (x · Aᵀ) · Bᵀ, with A [rank, in] and B [out, rank] trained. A is drawn from U(−1/√in, 1/√in), B
 * is 0. Weights of Gemm, MatMul and of convolutions without a window can have them. Exported files hold
 * W + (alpha / rank) · B · A.
 * @throws {RangeError} If an option is out of range.
 * @see Hu et al. 2021, LoRA, arXiv:2106.09685
 * @example
 * const adapter = lora({ rank: 8, alpha: 16, target: ["*query*", "*value*"] });
 * const model = onnxModel({ path: "encoder.onnx", adapter });
 */
export function lora(options: LoraOptions = {}): LoraAdapter {
  return Object.freeze({ kind: "lora", ...resolveOptions("lora", options, LORA_OPTIONS) });
}
