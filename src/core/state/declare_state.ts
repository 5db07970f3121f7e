import type { SavedState } from "../saved_state.ts";
import { type ContextOfAll, type Fields, readFields, type Values } from "./field.ts";
import { anything, type Part, PartField } from "./part_fields.ts";

/** What a state needs to be restored; nothing where none of its fields needs anything. */
export type ContextArgument<Context> = unknown extends Context ? [context?: unknown] : [context: Context];

/** What is kept from one training step to the next, and in checkpoints. */
export interface State<Context = unknown> {
  /** Plain data and typed arrays. The caller owns them. */
  save(): SavedState;
  /**
   * Goes on from what `save` gave, or from that after a way through JSON where there are no typed arrays.
   * @throws {TypeError} If it is something else; nothing has changed then.
   */
  restore(saved: unknown, ...context: ContextArgument<Context>): void;
  /** Puts all fields but parts back to what they began with. */
  reset(): void;
}

/** A declared state: its fields as properties, to be read and assigned like any other. */
export type Declared<Named extends Fields> = Values<Named> & State<ContextOfAll<Named>>;

/** What a state does beside keeping its fields. */
export interface StateHooks<Named extends Fields, Context> {
  /** Throws where saved values do not go together; called before anything changes. */
  readonly check?: (values: Values<Named>) => void;
  /** Called when the state has been restored. */
  readonly restored?: (context: Context) => void;
}

/**
 * Declares what is kept: a property a field, with the means to save, check and restore them all.
 * @param owner Whose state it is, for messages: "the saved state of <owner> needs a count as misses, got -1".
 * @example
 * const state = declareState("a counter", { seen: idSet(), steps: count() });
 * state.seen.add(3);
 * state.steps += 1;
 * const saved = state.save(); // { seen: [3], steps: 1 }
 * state.reset();
 * state.restore(saved);
 */
export function declareState<const Named extends Fields>(
  owner: string,
  fields: Named,
  hooks: StateHooks<Named, ContextOfAll<Named>> = {},
): Declared<Named> {
  const entries = Object.entries(fields);
  const kept = entries.flatMap(([name, field]) => (field instanceof PartField ? [[name, field.part] as const] : []));
  const values = entries.filter(([, field]) => !(field instanceof PartField));
  const readable = { ...fields, ...Object.fromEntries(kept.map(([name]) => [name, anything()])) };
  const holder = collectValues<Named>(entries.map(([name, field]) => [name, field.create()]));
  const state: State<ContextOfAll<Named>> = {
    save: () => {
      const current = new Map<string, unknown>(Object.entries(holder));
      return Object.fromEntries(entries.map(([name, field]) => [name, field.save(current.get(name))]));
    },
    restore: (saved, ...[context]) => {
      const read = readFields(readable, saved, {
        place: { subject: `the saved state of ${owner}`, path: "" },
        context,
      });
      const next = collectValues<Named>([...read, ...kept]);
      hooks.check?.(next);
      restoreParts(
        kept.map(([name, part]) => ({ part, saved: read.get(name) })),
        context,
      );
      Object.assign(holder, next);
      hooks.restored?.(context as ContextOfAll<Named>);
    },
    // Metrics are reset at every experience: no list is made.
    reset: () => {
      for (const [name, field] of values) Reflect.set(holder, name, field.create());
    },
  };
  return Object.assign(holder, state);
}

/** A part and what was saved of it. */
export interface SavedPart {
  readonly part: Part;
  readonly saved: unknown;
}

/** Restores all parts or, where one of them refuses, none. */
export function restoreParts(parts: readonly SavedPart[], context: unknown): void {
  const before: SavedPart[] = [];
  try {
    for (const { part, saved } of parts) {
      before.push({ part, saved: part.save() });
      part.restore(saved, context);
    }
  } catch (refusal) {
    for (const { part, saved } of before) tryToRestore({ part, saved }, context);
    throw refusal;
  }
}

/** What a part had may be as unreadable as what it was given: where a source is missing, say. The refusal says why. */
function tryToRestore({ part, saved }: SavedPart, context: unknown): void {
  try {
    part.restore(saved, context);
  } catch {}
}

/** The compiler cannot follow values through their names. */
function collectValues<Named extends Fields>(values: Iterable<readonly [string, unknown]>): Values<Named> {
  return Object.fromEntries(values) as Values<Named>;
}
