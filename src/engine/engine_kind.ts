import process from "node:process";
import { assertOneOf } from "../core/errors/errors.ts";

/** The engines there are. */
export const ENGINE_KINDS = ["onnxruntime", "tfjs"] as const;

/** One engine. */
export type EngineKind = (typeof ENGINE_KINDS)[number];

/**
 * Which engine computes a model; "auto" is the one that the environment variable FIRN_ENGINE names, else onnxruntime
 * where it knows every layer, else tfjs.
 */
export type EngineChoice = "auto" | EngineKind;

/** The environment variable that names the engine where nothing else does. */
const ENGINE_VARIABLE = "FIRN_ENGINE";

/**
 * The engine that the environment asks for; undefined where it asks for none.
 * @throws {RangeError} If it has another value than "onnxruntime" or "tfjs".
 */
export function readEngineVariable(value = process.env[ENGINE_VARIABLE]): EngineKind | undefined {
  if (value === undefined || value === "") return undefined;
  assertOneOf("the environment", ENGINE_VARIABLE, value, ENGINE_KINDS);
  return ENGINE_KINDS.find((kind) => kind === value);
}
