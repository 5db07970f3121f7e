import type { ServedFile } from "../model_file/served_file.ts";
import type { TensorPort } from "../model_file/tensor_port.ts";

/**
 * Why a new file cannot take the place of another: clients send the same inputs, and read the same outputs. The outputs
 * may be wider, as heads grow. Undefined where it can.
 */
export function findMisfit(current: ServedFile, next: ServedFile): string | undefined {
  return comparePorts("input", current.inputs, next.inputs) ?? comparePorts("output", current.outputs, next.outputs);
}

function comparePorts(
  what: "input" | "output",
  current: readonly TensorPort[],
  next: readonly TensorPort[],
): string | undefined {
  const [now, then] = [listNames(next), listNames(current)];
  if (now !== then) return `it has the ${what}s ${now}, and the version that answers has ${then}`;
  for (const port of current) {
    const other = next.find(({ name }) => name === port.name);
    if (other && !fits(what, port, other)) {
      return `its ${what} "${port.name}" is ${describe(other)}, and that of the version that answers is ${describe(port)}`;
    }
  }
  return undefined;
}

function fits(what: "input" | "output", a: TensorPort, b: TensorPort): boolean {
  if (a.datatype !== b.datatype || a.rowShape.length !== b.rowShape.length) return false;
  return a.rowShape.every((length, axis) => {
    const other = b.rowShape[axis] ?? 0;
    return what === "output" && axis === a.rowShape.length - 1 ? other >= length : other === length;
  });
}

function listNames(ports: readonly TensorPort[]): string {
  return ports
    .map(({ name }) => `"${name}"`)
    .sort()
    .join(", ");
}

function describe({ datatype, rowShape }: TensorPort): string {
  return `${datatype} of rows of [${rowShape.join(", ")}]`;
}
