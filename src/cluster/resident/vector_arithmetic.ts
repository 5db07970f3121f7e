import { LEAST_NORMAL, LEAST_ROOT, TINY } from "../../core/vector.ts";
import type { VectorGraph } from "../../engine/device/vector_program.ts";
import { encodeGraph } from "../../onnx/file/encode_graph.ts";
import type { ValueInfo } from "../../onnx/file/onnx_model.ts";
import type { ValueName } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graph_builder.ts";

/**
 * Arithmetic on vectors of a device as a graph: the operations of the kernels in `src/kernels/assembly`, one by one and
 * in their order, so that every element is rounded as they round it.
 */
export class VectorArithmetic {
  readonly #graph = new GraphBuilder((name) => name);

  /** A vector on the device that is read. */
  vector(name: string, length: number): ValueName {
    return this.#graph.input(name, { shape: [length], dataType: "float32" }, { kind: "samples" });
  }

  /** A number that changes from step to step, and so lies on the device, too. */
  scalar(name: string): ValueName {
    return this.vector(name, 1);
  }

  /** A number that never changes, rounded to float32. */
  constant(value: number): ValueName {
    return this.#graph.constant(value);
  }

  /** A vector that is written. */
  output(name: string, value: ValueName): void {
    this.#graph.output(name, value, { kind: "outputs" });
  }

  add(a: ValueName, b: ValueName): ValueName {
    return this.#graph.node("Add", [a, b]);
  }

  subtract(a: ValueName, b: ValueName): ValueName {
    return this.#graph.node("Sub", [a, b]);
  }

  multiply(a: ValueName, b: ValueName): ValueName {
    return this.#graph.node("Mul", [a, b]);
  }

  divide(a: ValueName, b: ValueName): ValueName {
    return this.#graph.node("Div", [a, b]);
  }

  root(x: ValueName): ValueName {
    return this.#graph.node("Sqrt", [x]);
  }

  /** x, and 0 where it is below 0; NaN stays NaN. */
  cutBelowZero(x: ValueName): ValueName {
    const isBelow = this.#graph.node("Greater", [this.constant(0), x]);
    return this.#graph.node("Where", [isBelow, this.constant(0), x]);
  }

  /** x, and 0 where |x| is below `least`; NaN stays NaN. */
  flush(x: ValueName, least: number = TINY): ValueName {
    const isTiny = this.#graph.node("Greater", [this.constant(least), this.#graph.node("Abs", [x])]);
    return this.#graph.node("Where", [isTiny, this.constant(0), x]);
  }

  /** 0 where |x| is no normal number. */
  flushSubnormal(x: ValueName): ValueName {
    return this.flush(x, LEAST_NORMAL);
  }

  /** 0 where x² is no normal number. */
  flushRoot(x: ValueName): ValueName {
    return this.flush(x, LEAST_ROOT);
  }

  /**
   * Σ x in double precision, as two numbers [1] whose sum it is to about 48 bits: `name`/high and `name`/low. The
   * builder takes what is between them for float32; its types are not written into the file.
   */
  outputSum(name: string, x: ValueName): void {
    const graph = this.#graph;
    const cast = (value: ValueName, to: number) => graph.node("Cast", [value], { to: { kind: "int", value: to } });
    const sum = graph.node("ReduceSum", [cast(x, DOUBLE), graph.integers([0])], {
      keepdims: { kind: "int", value: 1 },
    });
    const high = cast(sum, FLOAT);
    this.output(`${name}/high`, high);
    this.output(`${name}/low`, cast(graph.node("Sub", [sum, cast(high, DOUBLE)]), FLOAT));
  }

  /** The graph; nothing may be added to it afterwards. */
  finish(): VectorGraph {
    const graph = this.#graph.finish();
    const describe = ({ name, shape }: ValueInfo) => ({ name, length: Number(shape[0]) });
    return { model: encodeGraph(graph), inputs: graph.inputs.map(describe), outputs: graph.outputs.map(describe) };
  }
}

/** ONNX's numbers of the types. */
const [FLOAT, DOUBLE] = [1, 11];
