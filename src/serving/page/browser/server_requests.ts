/// <reference lib="dom" />
import type { BrowserFunction } from "../../../web/assemble_script.ts";
import type { AskedRow } from "../../../web/browser/drawing_area.ts";
import { make, makeButton } from "../../../web/browser/elements.ts";

/** The JSON that the server answers, as the caller knows it. @throws {Error} With the server's words. */
export async function request<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  const headers = { accept: "application/json", ...options.headers };
  const response = await fetch(path, { cache: "no-store", ...options, headers });
  if (response.ok && response.headers.get("content-type") === "application/json") return response.json();
  const { error = response.statusText }: { error?: string } = await response.json().catch(() => ({}));
  throw Object.assign(new Error(error), { status: response.status });
}

/** What is read of an answer to a row. */
interface InferAnswer {
  readonly outputs: readonly { readonly data: readonly number[] }[];
}

/** The address of a model, or of a version of it, relative to the page. */
export function addressOf(model: string, version?: string): string {
  const own = `v2/models/${encodeURIComponent(model)}`;
  return version === undefined ? own : `${own}/versions/${encodeURIComponent(version)}`;
}

/** A request for one row, as the protocol's binary tensors: a head of JSON, then the values. */
export function encodeRow({ values, form, task }: AskedRow): {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headBytes: number;
} {
  const tensor = {
    name: form.input,
    datatype: form.datatype,
    shape: [1, ...form.shape],
    parameters: { binary_data_size: values.byteLength },
  };
  const tasks =
    form.taskInput === undefined ? [] : [{ name: form.taskInput, datatype: "INT64", shape: [1], data: [task] }];
  const head = new TextEncoder().encode(JSON.stringify({ inputs: [tensor, ...tasks] }));
  const body = new Uint8Array(head.length + values.byteLength);
  body.set(head);
  body.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), head.length);
  return { body, headBytes: head.length };
}

/** Has a version answer a row: its first output. */
export async function inferRow(model: string, version: string, row: AskedRow): Promise<readonly number[]> {
  const { body, headBytes } = encodeRow(row);
  const headers = { "inference-header-content-length": String(headBytes) };
  const path = `${addressOf(model, version)}/infer`;
  const { outputs } = await request<InferAnswer>(path, { method: "POST", body, headers });
  return outputs[0]?.data ?? [];
}

/** Changes something on the server; asks for the token where the server does, and keeps it while the page is open. */
export function createActor(): (path: string, body?: object) => Promise<void> {
  let token: string | undefined;
  return async (path, body = {}) => {
    for (;;) {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      try {
        await request(path, { method: "POST", body: JSON.stringify(body), headers });
        return;
      } catch (error) {
        if (!(error instanceof Error) || Reflect.get(error, "status") !== 401) throw error;
        const wrong = token === undefined ? "" : "That is not the token. ";
        token = await askInDialog(`${wrong}This changes what is served: the server asks for its token.`, {
          input: "token",
          confirm: "Go on",
        });
        if (token === undefined) return;
      }
    }
  };
}

/** Asks in a dialog. @returns What was typed, "" without an input, or undefined where one thinks better of it. */
export function askInDialog(
  text: string,
  { input, confirm }: { readonly input?: string; readonly confirm: string },
): Promise<string | undefined> {
  const field = make("input", [], { type: "password", autocomplete: "off", required: "" });
  const dialog = make("dialog");
  return new Promise((done) => {
    const end = (value: string | undefined) => {
      dialog.remove();
      done(value);
    };
    const form = make("form", [
      make("p", [text]),
      ...(input === undefined ? [] : [make("label", [`${input} `, field])]),
      make("div", [make("button", [confirm], { type: "submit" }), makeButton("Cancel", () => end(undefined))], {
        class: "row",
      }),
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      end(input === undefined ? "" : field.value);
    });
    dialog.addEventListener("cancel", () => end(undefined));
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** What the page needs of this file. */
export const REQUEST_FUNCTIONS: readonly BrowserFunction[] = [
  request,
  addressOf,
  encodeRow,
  inferRow,
  createActor,
  askInDialog,
];
