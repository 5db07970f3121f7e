import { describeValue, needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import type { LayerJson } from "../topology/topology_schema.ts";

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
 * Neither engine holds weights to a constraint, so it may not be passed over. L1 and L2 of weights are added to the
 * loss by the strategy; other regularisers are not.
 * @throws {UnsupportedLayerError} If the layer has one.
 */
export function assertUnrestricted(layer: LayerJson): void {
  const key = Object.keys(layer.config).find((name) => isRestriction(name, layer.config[name]));
  if (key === undefined) return;
  const reason = `it has a ${key}, which no engine applies (L1 and L2 of weights are)`;
  throw new UnsupportedLayerError(layer, reason, { byTfjs: false });
}

function isRestriction(name: string, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (name === "activity_regularizer" || /_constraint$/.test(name)) return true;
  return /_regularizer$/.test(name) && Reflect.get(value, "class_name") !== "L1L2";
}

/** The layer that a wrapper holds under `key`. @throws {UnsupportedLayerError} If there is none. */
export function readInnerLayer(layer: LayerJson, key: string): LayerJson {
  const inner = layer.config[key];
  if (isLayerJson(inner)) return inner;
  throw refuse(layer, key, "a layer", inner);
}

/** What a number must be, and what it is where the setting is missing. */
export interface NumberRules {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly above?: number;
  readonly below?: number;
  readonly fallback?: number;
}

/** A number. @throws {UnsupportedLayerError} If it is missing without a fallback, or is another value. */
export function readNumber(layer: LayerJson, key: string, rules: NumberRules): number {
  const value = readOr(layer, key, rules.fallback);
  if (typeof value === "number" && fits(value, rules)) return value;
  throw refuse(layer, key, `a number${describeRules(rules)}`, value);
}

/** A whole number. @throws {UnsupportedLayerError} If it is missing without a fallback, or is another value. */
export function readInteger(layer: LayerJson, key: string, rules: NumberRules): number {
  const value = readOr(layer, key, rules.fallback);
  if (Number.isSafeInteger(value) && fits(Number(value), rules)) return Number(value);
  throw refuse(layer, key, `a whole number${describeRules(rules)}`, value);
}

/** A rate of dropping, at least 0 and below 1. @throws {UnsupportedLayerError} If it is another value. */
export function readRate(layer: LayerJson): number {
  return readNumber(layer, "rate", { minimum: 0, below: 1 });
}

/** True or false; `fallback` where the setting is missing. @throws {UnsupportedLayerError} If it is another value. */
export function readFlag(layer: LayerJson, key: string, fallback: boolean): boolean {
  const value = layer.config[key] ?? fallback;
  if (typeof value === "boolean") return value;
  throw refuse(layer, key, "true or false", value);
}

/** A text; `fallback` where the setting is missing. @throws {UnsupportedLayerError} If it is another value. */
export function readText(layer: LayerJson, key: string, fallback: string): string {
  const value = layer.config[key] ?? fallback;
  if (typeof value === "string") return value;
  throw refuse(layer, key, "a text", value);
}

/** One of these texts. @throws {UnsupportedLayerError} If it is another value, or is missing without a fallback. */
export function readChoice<const Choice extends string>(
  layer: LayerJson,
  key: string,
  choices: readonly Choice[],
  fallback?: Choice,
): Choice {
  const value = readOr(layer, key, fallback);
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw refuse(layer, key, choices.map((candidate) => JSON.stringify(candidate)).join(" or "), value);
}

/** How a list of whole numbers is read. */
export interface ListRules {
  readonly minimum?: number;
  /** How many there must be, or, without `repeats`, how many at least. */
  readonly count?: number;
  readonly fallback?: readonly number[];
  /** True takes a single number for `count` equal ones. */
  readonly repeats?: boolean;
  /** Stands for null, where null is allowed. */
  readonly open?: number;
}

/**
 * A list of whole numbers.
 * @throws {UnsupportedLayerError} If it is another value, or is missing without a fallback.
 */
export function readIntegers(layer: LayerJson, key: string, rules: ListRules): readonly number[] {
  const { minimum = Number.MIN_SAFE_INTEGER, count = 0, repeats = false, open } = rules;
  const value = readOr(layer, key, rules.fallback);
  const list: readonly unknown[] | undefined =
    repeats && typeof value === "number"
      ? new Array<number>(count).fill(value)
      : Array.isArray(value)
        ? value
        : undefined;
  const numbers = list?.map((item) => (item === null ? open : item));
  const isRight = (item: unknown): item is number =>
    Number.isSafeInteger(item) && (Number(item) >= minimum || item === open);
  const isCounted = numbers && (repeats ? numbers.length === count : numbers.length >= count);
  if (isCounted && numbers.every(isRight)) return numbers;
  throw refuse(layer, key, `a list of ${count > 0 ? `${count} ` : ""}whole numbers`, value);
}

/**
 * One axis or several; `fallback` where the setting is missing.
 * @throws {UnsupportedLayerError} If it is another value.
 */
export function readAxes(layer: LayerJson, key: string, fallback: readonly number[]): readonly number[] {
  const value = layer.config[key] ?? fallback;
  return readIntegers(
    { ...layer, config: { ...layer.config, [key]: typeof value === "number" ? [value] : value } },
    key,
    {},
  );
}

/** One axis, which Keras may write as a list of one. @throws {UnsupportedLayerError} If there are several, or none. */
export function readAxis(layer: LayerJson, key: string, fallback: number): number {
  const [axis, ...others] = readAxes(layer, key, [fallback]);
  if (axis !== undefined && others.length === 0) return axis;
  throw new UnsupportedLayerError(layer, `it has several axes, ${describeValue(layer.config[key])}`, { byTfjs: false });
}

/** Of an axis: how many places before it and behind it. */
export type Margin = readonly [number, number];

/** Margins of each axis. @throws {UnsupportedLayerError} If it is another value. */
export function readMargins(layer: LayerJson, key: string, axes: number): readonly Margin[] {
  const value = layer.config[key];
  const margins = parseMargins(value, axes);
  if (margins) return margins;
  throw refuse(layer, key, "a list of pairs of whole numbers", value);
}

/**
 * Margins as Keras writes them: a pair an axis; one number for all, or one an axis for both of its sides; for a single
 * axis the pair itself.
 * @returns Undefined for other values.
 */
export function parseMargins(value: unknown, axes: number): readonly Margin[] | undefined {
  const list: readonly unknown[] =
    typeof value === "number" ? new Array<number>(axes).fill(value) : Array.isArray(value) ? value : [];
  const isCount = (item: unknown): item is number => Number.isSafeInteger(item) && Number(item) >= 0;
  const [first, second, ...others] = list;
  if (axes === 1 && others.length === 0 && isCount(first) && isCount(second)) return [[first, second]];
  const margins = list.flatMap((item): Margin[] => {
    const [before, behind, ...rest]: readonly unknown[] = Array.isArray(item) ? item : [item, item];
    return rest.length === 0 && isCount(before) && isCount(behind) ? [[before, behind]] : [];
  });
  return list.length === axes && margins.length === axes ? margins : undefined;
}

/**
 * The sample shape that a first layer or an input layer states.
 * @throws {UnsupportedLayerError} If there is none.
 * @throws {UnsupportedLayerError} If it leaves a length open.
 */
export function readSampleShape(layer: LayerJson): number[] {
  const shape = layer.config.batch_input_shape;
  if (!shape) {
    throw new TypeRefusal(needs(`layer "${layer.config.name}"`, "a first layer with an inputShape", shape));
  }
  return shape.slice(1).map((length) => {
    if (length !== null) return length;
    throw new UnsupportedLayerError(
      layer,
      `its input shape [${shape.map((other) => other ?? "unknown").join(", ")}] is open`,
    );
  });
}

/** @throws {UnsupportedLayerError} If the layer's data format is channels first. */
export function assertChannelsLast(layer: LayerJson): void {
  const format = layer.config.data_format;
  if (format === "channelsFirst" || format === "channels_first") {
    throw new UnsupportedLayerError(layer, "its data format is channels first");
  }
}

/** Keras and TF.js write null for settings that are not given, and take it for that. */
function readOr(layer: LayerJson, key: string, fallback: unknown): unknown {
  return layer.config[key] ?? fallback;
}

function isLayerJson(value: unknown): value is LayerJson {
  if (typeof value !== "object" || value === null) return false;
  const { class_name, config } = value as { readonly class_name?: unknown; readonly config?: unknown };
  const name = typeof config === "object" && config !== null ? Reflect.get(config, "name") : undefined;
  return typeof class_name === "string" && typeof name === "string";
}

function fits(value: number, { minimum = value, maximum = value, above, below }: NumberRules): boolean {
  const isInside = (above === undefined || value > above) && (below === undefined || value < below);
  return Number.isFinite(value) && value >= minimum && value <= maximum && isInside;
}

function describeRules({ minimum, maximum, above, below }: NumberRules): string {
  const bounds = [
    ["of at least", minimum],
    ["above", above],
    ["of at most", maximum],
    ["below", below],
  ] as const;
  const words = bounds.flatMap(([word, bound]) => (bound === undefined ? [] : [`${word} ${bound}`]));
  return words.length > 0 ? ` ${words.join(" and ")}` : "";
}

/** What the readers here do not take, TF.js may: it decides then. */
function refuse(layer: LayerJson, key: string, wanted: string, got: unknown): UnsupportedLayerError {
  const what = got === undefined || got === null ? "is missing" : `must be ${wanted}, got ${describeValue(got)}`;
  return new UnsupportedLayerError(layer, `${key} ${what}`);
}
