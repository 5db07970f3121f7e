import { findOrCreate } from "../core/find_or_create.ts";
import { countElements } from "../core/host_tensor.ts";
import { int } from "./file/onnx_model.ts";
import type { ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { findRowTerms, type RowTerms } from "./row_terms.ts";
import { sampleShapeOf } from "./shape.ts";

/** A piece of each row's factors. */
export interface RowFactor {
  readonly start: number;
  readonly width: number;
}

/**
 * How a row's own gradient is made of factors [F]. The product of the gradients of two rows is the sum over the terms
 * of what the products of their factors, piece by piece, make when they are multiplied:
 * (a bᵀ) · (c dᵀ) = (a · c)(b · d).
 */
export interface RowFactorLayout {
  /** F */
  readonly width: number;
  readonly factors: readonly RowFactor[];
  /** Which factors each term is made of, by their places. */
  readonly terms: readonly (readonly number[])[];
}

/**
 * Joins the factors of these gradients' terms to one value [N, F]. What several terms have in common is there once.
 * @param gradients What differentiation made.
 * @returns Undefined where the terms of one of them are not to be had.
 */
export function joinRowFactors(
  gradients: readonly ValueName[],
  graph: GraphBuilder,
): { readonly joined: ValueName; readonly layout: RowFactorLayout } | undefined {
  const places = new Map<ValueName, number>();
  const factors: RowFactor[] = [];
  const terms: number[][] = [];
  let width = 0;
  const place = (value: ValueName) =>
    findOrCreate(places, value, () => {
      const factor = { start: width, width: countElements(sampleShapeOf(graph.shapeOf(value))) };
      width += factor.width;
      return factors.push(factor) - 1;
    });
  for (const gradient of gradients) {
    const found = findRowTerms(gradient, graph);
    if (!found) return undefined;
    terms.push(listFactors(found.terms).map(place));
  }
  if (factors.length === 0) return undefined;
  const flat = [...places.keys()].map((value) => flatten(value, graph));
  const joined = flat.length === 1 ? (flat[0] ?? "") : graph.node("Concat", flat, { axis: int(1) });
  return { joined, layout: { width, factors, terms } };
}

function listFactors(terms: RowTerms): readonly ValueName[] {
  switch (terms.kind) {
    case "product":
      return terms.factors;
    case "rows":
      return [terms.rows];
  }
}

function flatten(value: ValueName, graph: GraphBuilder): ValueName {
  const shape = sampleShapeOf(graph.shapeOf(value));
  return shape.length === 1 ? value : graph.node("Reshape", [value, graph.integers([-1, countElements(shape)])]);
}
