import type { BrowserFunction } from "../../../../web/assemble_script.ts";
import type { AskedRow } from "../../../../web/browser/drawing_area.ts";

/** A tensor of onnxruntime-web. */
interface RuntimeTensor {
  readonly data: Iterable<number>;
}

/** A model that onnxruntime-web has loaded. */
interface RuntimeSession {
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
}

/** What is used of onnxruntime-web. */
export interface BrowserRuntime {
  readonly env: { readonly wasm: Record<string, unknown> };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<RuntimeSession> };
  readonly Tensor: new (type: string, data: unknown, shape: readonly number[]) => unknown;
}

/** Loads a model. @returns What answers a row: the first output. Calls take turns. */
export async function openVersion(
  runtime: BrowserRuntime,
  contents: Uint8Array,
): Promise<(row: AskedRow) => Promise<readonly number[]>> {
  const session = await runtime.InferenceSession.create(contents, { executionProviders: ["wasm"] });
  let last: Promise<unknown> = Promise.resolve();
  const run = async ({ values, form, task }: AskedRow): Promise<readonly number[]> => {
    const { Tensor } = runtime;
    const type = form.datatype === "UINT8" ? "uint8" : "float32";
    const feeds: Record<string, unknown> = { [form.input]: new Tensor(type, values, [1, ...form.shape]) };
    if (form.taskInput !== undefined) {
      feeds[form.taskInput] = new Tensor("int64", BigInt64Array.of(BigInt(task)), [1]);
    }
    const outputs = await session.run(feeds);
    return Array.from(outputs[session.outputNames[0] ?? ""]?.data ?? [], Number);
  };
  return (row) => {
    const answer = last.then(() => run(row));
    last = answer.catch(() => undefined);
    return answer;
  };
}

/** What the page needs of this file. */
export const SESSION_FUNCTIONS: readonly BrowserFunction[] = [openVersion];
