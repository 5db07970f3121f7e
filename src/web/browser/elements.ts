/// <reference lib="dom" />
import type { BrowserFunction } from "../assemble_script.ts";

/** A new element. Texts among its children are texts, never markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  children: readonly (Node | string)[] = [],
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A new element of SVG. */
export function makeSvg(
  tag: string,
  attributes: Readonly<Record<string, string | number>> = {},
  children: readonly (Node | string)[] = [],
): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  if (element instanceof SVGElement) return element;
  throw new Error(`${tag} is no element of SVG`);
}

/** A button that does something. */
export function makeButton(label: string, press: () => void, key = ""): HTMLButtonElement {
  const button = make("button", [label], { type: "button", ...(key === "" ? {} : { "data-key": key }) });
  button.addEventListener("click", press);
  return button;
}

/** A table that scrolls by itself; cells are texts or elements, those of the columns named in `numbers` stand right. */
export function makeTable(
  header: readonly string[],
  rows: readonly (readonly (string | Node)[])[],
  { numbers = [] }: { readonly numbers?: readonly string[] } = {},
): HTMLElement {
  const kind = (i: number): Record<string, string> => (numbers.includes(header[i] ?? "") ? { class: "number" } : {});
  const head = header.map((name, i) => make("th", [name], { scope: "col", ...kind(i) }));
  const body = rows.map((cells) =>
    make(
      "tr",
      cells.map((cell, i) => make(i === 0 ? "th" : "td", [cell], i === 0 ? { scope: "row", ...kind(i) } : kind(i))),
    ),
  );
  return make("div", [make("table", [make("thead", [make("tr", head)]), make("tbody", body)])], { class: "table" });
}

/** Puts children in place of others; what had the focus by its data-key has it again. */
export function replaceContents(element: Element, children: readonly (Node | string)[]): void {
  const focused = element.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
  element.replaceChildren(...children);
  if (typeof focused !== "string") return;
  const again = element.querySelector(`[data-key=${JSON.stringify(focused)}]`);
  if (again instanceof HTMLElement) again.focus();
}

/** What a page needs of this file. */
export const ELEMENT_FUNCTIONS: readonly BrowserFunction[] = [make, makeSvg, makeButton, makeTable, replaceContents];
