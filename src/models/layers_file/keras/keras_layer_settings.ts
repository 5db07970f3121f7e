import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import { adaptSetting } from "../keras_settings.ts";

type Settings = Readonly<Record<string, unknown>>;

/** What is read of a layer. */
interface LayerSettings {
  readonly class_name: string;
  readonly config: Settings;
}

/** Keras 3's names of activations that TF.js calls otherwise. */
const ACTIVATIONS: Readonly<Record<string, string>> = { silu: "swish" };

/** Settings that mean something where they are null. */
const NULLABLE = new Set(["axis", "merge_mode"]);

/** What only says how Keras draws, computes or packs. */
const WITHOUT_MEANING = new Set([
  "quantization_config",
  "seed",
  "shared_object_id",
  "synchronized",
  "lora_rank",
  "lora_alpha",
  "flash_attention",
  "ragged",
  "optional",
  "sparse",
]);

/** Of whom settings are read. */
interface Owner {
  /** What messages begin with. */
  readonly what: string;
  readonly isKeras2: boolean;
}

/**
 * A layer's settings as TF.js reads them. Initialisers are zeros: what weights begin with is in the file. The type is
 * float32, as everything is here.
 * @throws {RangeRefusal} If TF.js reads a setting as something else.
 */
export function convertSettings({ class_name, config }: LayerSettings, owner: Owner): Settings {
  const settings: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    if (WITHOUT_MEANING.has(key) || (value === null && !NULLABLE.has(key))) continue;
    settings[key] = convertSetting(key, value, owner);
  }
  return completeSettings(class_name, settings, owner.what);
}

function convertSetting(key: string, value: unknown, owner: Owner): unknown {
  if (key.endsWith("_initializer")) return { class_name: "Zeros", config: {} };
  if (key === "dtype") return "float32";
  if (key.endsWith("activation")) return convertActivation(value, owner);
  if (!isObject(value)) return value;
  const { class_name, config } = value;
  if (typeof class_name !== "string" || !isObject(config)) return value;
  if (key === "layer" || key === "backward_layer") {
    return { class_name, config: convertSettings({ class_name, config }, owner) };
  }
  return adaptSetting(key, { class_name, config });
}

/** A name, or a function that Keras registered under it. */
function convertActivation(value: unknown, { what, isKeras2 }: Owner): unknown {
  const name: unknown = isObject(value) ? (value.registered_name ?? value.config) : value;
  if (typeof name !== "string") throw new RangeRefusal(`${what}: its activation is ${describeValue(value)}`);
  if (name === "hard_sigmoid" && !isKeras2) {
    throw new RangeRefusal(`${what}: its activation hard_sigmoid is another in Keras 3 than in TF.js`);
  }
  return ACTIVATIONS[name] ?? name;
}

function completeSettings(className: string, settings: Settings, what: string): Settings {
  switch (className) {
    case "InputLayer": {
      const { batch_shape, batch_input_shape = batch_shape, ...rest } = settings;
      return { ...rest, batch_input_shape };
    }
    case "LeakyReLU": {
      const { negative_slope, alpha = negative_slope, ...rest } = settings;
      return { ...rest, alpha };
    }
    case "Bidirectional":
      return mergeDirections(settings, what);
    case "SeparableConv1D":
    case "SeparableConv2D":
      return Object.fromEntries(
        Object.entries(settings).filter(([key]) => !key.startsWith("kernel_") || key === "kernel_size"),
      );
    default:
      return settings;
  }
}

/** TF.js makes the second direction of the first; Keras 3 writes both. */
function mergeDirections({ layer, backward_layer, ...settings }: Settings, what: string): Settings {
  const forward = isObject(layer) && isObject(layer.config) ? layer.config : {};
  const backward = isObject(backward_layer) && isObject(backward_layer.config) ? backward_layer.config : undefined;
  const describe = ({ name: _, go_backwards: __, ...config }: Settings) => JSON.stringify(config);
  const isMirrored =
    backward === undefined ||
    (describe(forward) === describe(backward) && forward.go_backwards !== backward.go_backwards);
  if (!isMirrored) throw new RangeRefusal(`${what}: its backward layer differs from its forward layer`);
  const name = String(forward.name).replace(/^forward_/, "");
  return { ...settings, layer: { ...Object(layer), config: { ...forward, name } } };
}

function isObject(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
