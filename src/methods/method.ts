import type { OptionSchema } from "../core/options/option_schema.ts";

/** What a method is called, what it does, and its options: all that a list of methods shows. Loads no method. */
export interface MethodDescription<Schema extends OptionSchema = OptionSchema> {
  /** The name on command lines. */
  readonly name: string;
  /** One clause, without a capital letter and a full stop. */
  readonly summary: string;
  /** Authors and year, and the arXiv id where there is one: "Kirkpatrick et al. 2017, arXiv:1612.00796". */
  readonly paper?: string;
  readonly options: Schema;
}

/** Declares a method's description with the exact types of its options. */
export function describeMethod<const Schema extends OptionSchema>(
  description: MethodDescription<Schema>,
): MethodDescription<Schema> {
  return description;
}
