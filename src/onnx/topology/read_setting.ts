import { z } from "zod";
import { cannot, RangeRefusal, TypeRefusal } from "../../core/errors.ts";
import { type LayerJson, layerSchema } from "./topology_schema.ts";

/** A layer that has no converter; carries what a caller needs to say so in its own words. */
export class UnsupportedLayerError extends RangeRefusal {
  readonly layerName: string;
  readonly className: string;

  /** `byTfjs` is false for what the other engine refuses as well; the message does not point there then. */
  constructor(layer: LayerJson, reason: string, { byTfjs = true }: { readonly byTfjs?: boolean } = {}) {
    const what = `layer "${layer.config.name}" of class ${layer.class_name}`;
    const hint = byTfjs ? "; --engine tfjs trains it, without an exported model" : "";
    super(`Cannot convert ${what} to ONNX: ${reason}${hint}`);
    this.name = "UnsupportedLayerError";
    this.layerName = layer.config.name;
    this.className = layer.class_name;
  }
}

/**
 * Neither engine adds a regularizer to the loss or holds weights to a constraint, so neither may be passed over: decay
 * of the weights is the optimizer's, or a penalty's.
 * @throws {UnsupportedLayerError} If the layer has one.
 */
export function assertUnrestricted(layer: LayerJson): void {
  const key = Object.keys(layer.config).find((name) => /_(regularizer|constraint)$/.test(name) && layer.config[name]);
  if (key === undefined) return;
  const reason = `it has a ${key}, which no engine applies (weight decay is an option of the optimizer)`;
  throw new UnsupportedLayerError(layer, reason, { byTfjs: false });
}

/** The layer that a wrapper holds under `key`. @throws {TypeError} If there is none. */
export function readInnerLayer(layer: LayerJson, key: string): LayerJson {
  return readSetting(layer, key, layerSchema);
}

/** A rate of dropping, at least 0 and below 1. @throws {TypeError} If it is not. */
export function readRate(layer: LayerJson): number {
  return readSetting(layer, "rate", z.number().min(0).lt(1));
}

/** A number; `fallback` where there is none. @throws {TypeError} If it is something else. */
export function readNumber(layer: LayerJson, key: string, fallback: number): number {
  return readSetting(layer, key, z.number().default(fallback));
}

/** A setting of the kind that `schema` describes. @throws {TypeError} If it is not; the message names the layer. */
export function readSetting<Value>(layer: LayerJson, key: string, schema: z.ZodType<Value>): Value {
  const parsed = schema.safeParse(layer.config[key]);
  if (parsed.success) return parsed.data;
  const wanted = `${key} to fit (${parsed.error.issues[0]?.message ?? "another value"})`;
  throw new TypeRefusal(cannot(`read layer "${layer.config.name}"`, wanted, layer.config[key]));
}
