/** A function that runs in a browser. */
export type BrowserFunction = (...values: never[]) => unknown;

/**
 * Puts functions together to the one script of a page, which calls the first of them. They may use each other by their
 * names, and nothing else of a module: what a page holds is their source.
 * @throws {Error} If two functions have the same name, or a source would end the script's element.
 */
export function assembleScript(functions: readonly BrowserFunction[]): string {
  const [start] = functions;
  const names = functions.map(({ name }) => name);
  const [twice] = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two functions of a page are called ${twice}`);
  const script = `"use strict";\n${functions.map(String).join("\n")}\nvoid ${start?.name}();\n`;
  if (/<\/script|<!--/i.test(script)) throw new Error("a script must not hold the end of its element");
  return script;
}
