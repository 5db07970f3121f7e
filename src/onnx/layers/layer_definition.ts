import type { Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import type { LayerCall } from "./layer_call.ts";

/** Where a layer is converted to, and for what. */
export interface Conversion {
  readonly graph: GraphBuilder;
  /** "train" drops units, uses batch statistics and updates the layers' state; "eval" does neither. */
  readonly mode: "train" | "eval";
  /** True where the graph is exported: operators that say what a layer is are better then than fast ones. */
  readonly isExport?: boolean;
  /** Of the inputs of the call that is converted: which of their times count. */
  readonly masks?: readonly Mask[];
}

/** Which times of a sequence count, [N, T] of ones and zeros; undefined where all do. */
export type Mask = ValueName | undefined;

/** One tensor that a layer owns. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** False for what training updates without a gradient. */
  readonly isTrainable: boolean;
}

/** All that the compiler knows of a kind of layer. */
export interface LayerDefinition<Spec extends LayerCall> {
  /**
   * The tensors of a layer called on inputs of these shapes, in the order in which TF.js creates them.
   * @throws {RangeError} If they do not follow from the shapes.
   */
  readonly parameters: (layer: Spec, inputs: readonly Shape[]) => ParameterSpec[];
  /** Adds one call to the graph and returns its output. @throws {RangeError} If the inputs' shapes do not fit. */
  readonly convert: (layer: Spec, inputs: readonly ValueName[], conversion: Conversion) => ValueName;
  /** Whether the layer computes something else in training. */
  readonly dependsOnMode: (layer: Spec) => boolean;
  /**
   * Which times of the output count, as Keras has it. Without this rule all do, whatever the inputs say.
   * @throws {RangeError} If the masks of the inputs do not go together.
   */
  readonly mask?: (layer: Spec, inputs: readonly ValueName[], conversion: Conversion) => Mask;
}

/** A layer's call as data, told apart by its kind. */
interface KindOfLayer extends LayerCall {
  readonly kind: string;
}

/** The definitions of all kinds of a family, each under its kind: one that is missing does not compile. */
export type LayerFamily<Spec extends KindOfLayer> = {
  readonly [Kind in Spec["kind"]]: LayerDefinition<Extract<Spec, { kind: Kind }>>;
};

/**
 * Reads one call of a layer from TF.js's JSON.
 * @param layerIndex How many random layers stand before this layer in the model.
 * @throws {UnsupportedLayerError} If one of the settings has no conversion.
 */
export type LayerParser<Spec> = (layer: LayerJson, call: LayerCall, layerIndex: number) => Spec;

/** The parsers of the TF.js classes of a family, by class name. */
export type ClassFamily<Spec> = Readonly<Record<string, LayerParser<Spec>>>;

/** For layers without parameters. */
export function noParameters(): ParameterSpec[] {
  return [];
}

/** For layers that compute the same in training and evaluation. */
export function never(): boolean {
  return false;
}
