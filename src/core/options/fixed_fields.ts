import { RefusalError } from "../errors/errors.ts";

/**
 * A copy of plain values whose fields refuse to be assigned to: code that no compiler looks at would otherwise change
 * what nobody reads again.
 * @param refuse The sentence for an assignment to the field of this name.
 */
export function fixFields<Values extends object>(values: Values, refuse: (name: string) => string): Readonly<Values> {
  const fixed = { ...values };
  for (const [name, value] of Object.entries(values)) {
    const set = () => {
      throw new RefusalError(refuse(name));
    };
    Object.defineProperty(fixed, name, { enumerable: true, get: () => value, set });
  }
  return Object.freeze(fixed);
}
