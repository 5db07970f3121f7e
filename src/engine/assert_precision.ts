import { RangeRefusal } from "../core/errors/errors.ts";
import type { HalfPrecision, TrainingPrecision } from "../onnx/precision/precision.ts";
import type { EngineKind } from "./engine_kind.ts";

/** What is wanted of replicas, one a device. */
export interface PrecisionRequest {
  readonly precision: TrainingPrecision;
  readonly engine: EngineKind;
  readonly devices: readonly string[];
}

/**
 * Refuses half precision where it gains nothing.
 * @throws {RangeError} If the engine or one of the devices is no faster in it, or does not have it.
 */
export function assertPrecision({ precision, engine, devices }: PrecisionRequest): void {
  if (precision === "float32") return;
  if (engine === "tfjs") throw new RangeRefusal(`precision ${precision}: the engine tfjs trains in float32`);
  const other = devices.find((device) => !device.startsWith("cuda"));
  if (other === undefined) return;
  throw new RangeRefusal(`precision ${precision} needs CUDA devices, got ${other}: ${explain(precision, other)}`);
}

function explain(precision: HalfPrecision, device: string): string {
  if (device === "webgpu") return "it was not tried there";
  return precision === "float16"
    ? "onnxruntime multiplies float16 on the processor no faster than float32"
    : "onnxruntime has no product of bfloat16 on the processor";
}
