import { RangeRefusal } from "../../../core/errors/errors.ts";

/** [layer, its call, that call's output, further arguments]: a tensor that a call takes, as Keras 2 writes it. */
type Reference = readonly [string, number, number, object?];

/** What is known of a model's other layers. */
export interface Neighbours {
  /** Those whose calls are counted from 1. */
  readonly shifted: ReadonlySet<string>;
  /** Those that give masks which TF.js makes itself. */
  readonly maskMakers: ReadonlySet<string>;
}

/** Of whom calls are read. */
interface Callee extends Neighbours {
  readonly className: string;
  /** What messages begin with. */
  readonly what: string;
}

/** Further arguments that change what a call computes. */
const MEANINGFUL = new Set(["use_causal_mask", "return_attention_scores", "initial_state", "attention_mask"]);

/** The tensors that a call of attention names, in the order in which it takes them. */
const ATTENTION_INPUTS = ["query", "value", "key"];

/**
 * The calls of a layer as Keras 2 writes them, of Keras 3's: `{ args, kwargs }` with tensors somewhere in them. Calls
 * in Keras 2's own way stay as they are.
 * @throws {RangeRefusal} If a call takes a tensor by a name that is none of the layer's inputs, a mask say, or
 *   something else than tensors.
 */
export function convertCalls(calls: readonly unknown[], callee: Callee): unknown[] {
  return calls.map((call) => (Array.isArray(call) ? call : convertCall(call, callee)));
}

function convertCall(call: unknown, { className, what, shifted, maskMakers }: Callee): Reference[] {
  const { args, kwargs } = Object(call);
  const positional: unknown[] = Array.isArray(args) ? args : [];
  const named = new Map<string, unknown>(Object.entries(Object(kwargs)));
  const inputs = className === "MultiHeadAttention" ? ATTENTION_INPUTS : [];
  const values = [...positional.flat(), ...inputs.flatMap((name) => (named.get(name) ? [named.get(name)] : []))];
  for (const [name, value] of named) {
    const [source = ""] = findTensor(value) ?? [];
    if (isMaskName(name) && maskMakers.has(source)) continue;
    if (!inputs.includes(name) && source !== "") throw new RangeRefusal(`${what} is called with a tensor ${name}`);
    if (MEANINGFUL.has(name) && value) throw new RangeRefusal(`${what} is called with ${name} (export it as ONNX)`);
  }
  return values.map((value) => {
    const tensor = findTensor(value);
    if (tensor) return [...shift(tensor, shifted), {}];
    throw new RangeRefusal(`${what} is called with something else than tensors (export it as ONNX)`);
  });
}

/** Whether an argument of that name is a mask that Keras passes on by itself. */
export function isMaskName(name: string): boolean {
  return /^(mask|(query|value|key)_mask)$/.test(name);
}

/** Where a tensor comes from; undefined for another value. */
export function findTensor(value: unknown): readonly [string, number, number] | undefined {
  const { class_name, config } = Object(value);
  const history: unknown = class_name === "__keras_tensor__" ? Object(config).keras_history : undefined;
  return isReference(history) ? history : undefined;
}

/** Inputs or outputs of a model: one reference, or lists and records of them. */
export function listReferences(value: unknown, shifted: ReadonlySet<string>): Reference[] | undefined {
  if (isReference(value)) return [shift(value, shifted)];
  if (typeof value !== "object" || value === null) return undefined;
  const all = Object.values(value).map((one) => listReferences(one, shifted));
  return all.every((one) => one !== undefined) ? all.flat() : undefined;
}

function shift([layer, call, output]: Reference, shifted: ReadonlySet<string>): readonly [string, number, number] {
  return [layer, shifted.has(layer) ? call + 1 : call, output];
}

function isReference(value: unknown): value is readonly [string, number, number] {
  return Array.isArray(value) && typeof value[0] === "string" && value.slice(1, 3).every(Number.isInteger);
}
