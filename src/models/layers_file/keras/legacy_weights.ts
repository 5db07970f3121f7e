import { needs, RangeRefusal, SyntaxRefusal } from "../../../core/errors/errors.ts";
import type { ModelTopology } from "../../../engine/model_topology.ts";
import type { Hdf5Array, Hdf5File } from "../hdf5/hdf5_file.ts";
import type { LayerWeights } from "./keras_weights.ts";

interface Layer {
  readonly config: { readonly name: string; readonly layers?: readonly Layer[] };
}

/** A weight under the name that Keras gave it, "dense/kernel:0". */
interface NamedWeight {
  readonly name: string;
  readonly array: Hdf5Array;
}

/**
 * The weights of a model's layers in an .h5 file: a group a layer, that says which arrays are its weights and in which
 * order. A model within the model is one layer there; of its own layers, each has the weights with its name in theirs.
 * @throws {RangeRefusal} If two layers have one name, or a weight belongs to none.
 */
export function collectGroupedWeights(topology: ModelTopology, hdf5: Hdf5File, file: string): LayerWeights {
  const weights = new Map<string, readonly Hdf5Array[]>();
  const add = (name: string, arrays: readonly Hdf5Array[]) => {
    if (weights.has(name)) throw new RangeRefusal(`${file}: two layers are named "${name}"`);
    weights.set(name, arrays);
  };
  for (const layer of (topology.config as Layer["config"]).layers ?? []) {
    const { name, layers } = layer.config;
    const named = readGroup(`model_weights/${name}`, hdf5, file);
    if (!layers) {
      add(
        name,
        named.map(({ array }) => array),
      );
      continue;
    }
    const leaves = layers.flatMap(listLeaves);
    const owners = named.map((weight) => ({
      weight,
      owner: findOwner(weight, leaves, `${file}: the model "${name}"`),
    }));
    for (const leaf of leaves) {
      add(
        leaf,
        owners.flatMap(({ weight, owner }) => (owner === leaf ? [weight.array] : [])),
      );
    }
  }
  return weights;
}

function readGroup(path: string, { arrays, readTexts }: Hdf5File, file: string): NamedWeight[] {
  return listNames(path, readTexts).map((name) => {
    const array = arrays.get(`${path}/${name}`);
    if (array) return { name, array };
    throw new SyntaxRefusal(`${file}: there is no array "${path}/${name}", although the file names it`);
  });
}

/** Of many weights the names stand in several attributes, weight_names0, weight_names1 … */
function listNames(path: string, readTexts: Hdf5File["readTexts"]): string[] {
  const names = readTexts(path, "weight_names");
  if (names) return names;
  const parts: string[][] = [];
  for (let part = readTexts(path, "weight_names0"); part; part = readTexts(path, `weight_names${parts.length}`)) {
    parts.push(part);
  }
  // Inputs have no group.
  return parts.flat();
}

/** The names of all layers of a model that are no models themselves. */
function listLeaves({ config: { name, layers } }: Layer): string[] {
  return layers ? layers.flatMap(listLeaves) : [name];
}

/** The layer in whose name the weight stands; the longest such name. */
function findOwner({ name }: NamedWeight, leaves: readonly string[], what: string): string {
  const fitting = leaves.filter((leaf) => `/${name}`.includes(`/${leaf}/`));
  const [owner] = fitting.toSorted((a, b) => b.length - a.length);
  if (owner !== undefined) return owner;
  throw new RangeRefusal(needs(what, `a layer that the weight "${name}" is of`, leaves));
}
