import { findTensor, isMaskName } from "./keras_calls.ts";

/** What is read of a layer of Keras 3's. */
interface KerasCalls {
  readonly class_name: string;
  readonly module?: string | null | undefined;
  readonly name?: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes?: readonly unknown[] | undefined;
}

/** Operators that Keras makes masks of other masks by. */
const OF_MASKS: ReadonlySet<string> = new Set(["All", "Any", "Concatenate", "ExpandDims", "LogicalAnd", "LogicalOr"]);

/** Operators that stand for masks where a value has none. */
const OF_VALUES: ReadonlySet<string> = new Set(["OnesLike", "ZerosLike"]);

/**
 * The operators that Keras 3 writes for the masks of functional models: comparisons of what an Embedding with mask_zero
 * takes, with 0, and of what a Masking takes, with its value, and what becomes of those on the way to the layers that
 * heed them. The masks follow from those layers again, so none of these is a layer here.
 */
export function listMaskOperators(layers: readonly KerasCalls[]): ReadonlySet<string> {
  const masked = layers.flatMap(({ class_name, config, inbound_nodes = [] }) => {
    const isMasking = class_name === "Masking";
    if (!isMasking && !(class_name === "Embedding" && config.mask_zero === true)) return [];
    return inbound_nodes.map((call) => `${describeFirst(call)} ${isMasking ? (config.mask_value ?? 0) : 0}`);
  });
  const isMask = ({ class_name, module, inbound_nodes: [call] = [] }: KerasCalls, known: ReadonlySet<string>) => {
    if (class_name === "NotEqual") return masked.includes(`${describeFirst(call)} ${Object(call).args?.[1]}`);
    if (!module?.startsWith("keras.src.ops")) return false;
    return OF_VALUES.has(class_name) || (OF_MASKS.has(class_name) && listTaken(call).every((name) => known.has(name)));
  };
  const found = new Set<string>();
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const layer of layers) if (isMask(layer, found)) found.add(layer.name ?? "");
  }
  // What somebody takes for a value is none.
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    const others = layers.filter(({ name = "" }) => !found.has(name));
    for (const { inbound_nodes = [] } of others) {
      for (const name of inbound_nodes.flatMap(listTaken)) found.delete(name);
    }
  }
  return found;
}

/** The layers whose tensors a call takes other than as masks. */
function listTaken(call: unknown): string[] {
  const { args, kwargs } = Object(call);
  const named = Object.entries(Object(kwargs)).filter(([name]) => !isMaskName(name));
  const values: unknown[] = [args ?? [], named.map(([, value]) => value)].flat(3);
  return values.flatMap((value) => findTensor(value)?.[0] ?? []);
}

/** Where the first tensor of a call comes from, as a text. */
function describeFirst(call: unknown): string | undefined {
  return findTensor(Object(call).args?.[0])?.join();
}
