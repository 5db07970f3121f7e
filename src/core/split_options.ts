/** Splits an options object in two: the options named in `names`, and the others. Both are new objects. */
export function splitOptions<Options extends object, Name extends keyof Options>(
  options: Options,
  names: readonly Name[],
): [own: Pick<Options, Name>, rest: Omit<Options, Name>] {
  const isOwn = (name: string) => names.some((candidate) => candidate === name);
  const entries = Object.entries(options);
  const own: Partial<Options> = {};
  const rest: Partial<Options> = {};
  for (const [name, value] of entries) Object.assign(isOwn(name) ? own : rest, { [name]: value });
  return [own as Pick<Options, Name>, rest as Omit<Options, Name>];
}
