/** The engines there are. */
export const ENGINE_KINDS = ["onnxruntime", "tfjs"] as const;

/** One engine. */
export type EngineKind = (typeof ENGINE_KINDS)[number];

/** Which engine computes a model; "auto" is onnxruntime where it knows every layer, else tfjs. */
export type EngineChoice = "auto" | EngineKind;
