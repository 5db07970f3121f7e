/** Splits an options object in two: the options that `rules` names, and the others. Both are new objects. */
export function splitOptions<Options extends object, Rules extends object>(
  options: Options,
  rules: Rules,
): [own: Pick<Options, keyof Options & keyof Rules>, rest: Omit<Options, keyof Rules>] {
  const own: Partial<Options> = {};
  const rest: Partial<Options> = {};
  for (const [name, value] of Object.entries(options)) {
    Object.assign(Object.hasOwn(rules, name) ? own : rest, { [name]: value });
  }
  return [own as Pick<Options, keyof Options & keyof Rules>, rest as Omit<Options, keyof Rules>];
}
