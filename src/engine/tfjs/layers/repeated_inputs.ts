import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Layer } from "../model_layers.ts";
import type * as tf from "../tensorflow.ts";

/**
 * Has a layer that takes a value several times, `add([x, x])` say, be given it once, and repeat it itself. TF.js 4.22
 * counts such a value as used up too early, and disposes of it in evaluation while other layers still want it.
 * @throws {RangeError} If the layer is called several times and repeats others each time.
 */
export function repairRepeatedInputs(layer: Layer): void {
  const places = new Map<number, readonly number[]>();
  for (const { inputTensors, outputTensors } of layer.inboundNodes) {
    const distinct = [...new Set(inputTensors)];
    const pattern = inputTensors.map((input) => distinct.indexOf(input));
    const known = places.get(distinct.length) ?? pattern;
    if (known.join() !== pattern.join()) {
      const wanted = "the same inputs given twice at each of its calls (--engine onnxruntime trains it)";
      throw new RangeRefusal(needs(`layer "${layer.name}" in TF.js`, wanted, [known, pattern]));
    }
    places.set(distinct.length, pattern);
    if (distinct.length === inputTensors.length) continue;
    // What executes a model goes by these.
    for (const output of outputTensors) Object.assign(output, { inputs: distinct });
  }
  if ([...places].every(([count, pattern]) => count === pattern.length)) return;
  const call = layer.call.bind(layer);
  layer.call = (inputs: tf.Tensor | tf.Tensor[], kwargs) => {
    const given = [inputs].flat();
    const pattern = places.get(given.length) ?? [];
    return call(
      pattern.map((place) => elementAt(given, place)),
      kwargs,
    );
  };
}
