import { describeCause } from "../core/errors/errors.ts";

/**
 * What onnxruntime says, on one line: without the place in its source, the function's signature and the condition that
 * did not hold.
 */
export function describeRuntimeError(cause: unknown): string {
  const [line = ""] = describeCause(cause).split("\n");
  return line.replace(/^\/\S+:\d+ [^)]*\) /, "").replace(/^.* was false\. /, "");
}
