import type { SavedState } from "../saved_state.ts";
import type { Field } from "./field.ts";

/** What saves and restores itself: another declared state, a metric, a buffer. */
export interface Part<Context = unknown> {
  save(): SavedState;
  restore(saved: unknown, context: Context): void;
}

/** A field whose value is always the same object, which is restored where it is. */
export class PartField<Kept extends Part<Context>, Context> implements Field<Kept, Context> {
  readonly part: Kept;

  constructor(kept: Kept) {
    this.part = kept;
  }

  create(): Kept {
    return this.part;
  }

  save(): SavedState {
    return this.part.save();
  }

  restore(saved: unknown, _place: unknown, context: Context): Kept {
    this.part.restore(saved, context);
    return this.part;
  }
}

/** Something that saves and restores itself, and that others may hold, too. Resetting the state leaves it alone. */
export function part<Kept extends Part<Context>, Context>(kept: Kept & Part<Context>): PartField<Kept, Context> {
  return new PartField<Kept, Context>(kept);
}

/** Something that saves and restores itself, and that is held nowhere else: a new one takes its place. */
export function made<Kept extends Part<Context>, Context>(create: () => Kept & Part<Context>): Field<Kept, Context> {
  return {
    create,
    save: (kept) => kept.save(),
    restore: (saved, _place, context) => {
      const kept = create();
      kept.restore(saved, context);
      return kept;
    },
  };
}

/** How a value is told by another one, which has a kind of field. */
export interface Conversion<Value, Raw, Context> {
  create(): Value;
  save(value: Value): Raw;
  restore(raw: Raw, context: Context): Value;
}

/** A value that is saved as another kind of field: an object of a class by what it was made from, say. */
export function converted<Value, Raw, RawContext, Context>(
  field: Field<Raw, RawContext>,
  { create, save, restore }: Conversion<Value, Raw, Context>,
): Field<Value, RawContext & Context> {
  return {
    create,
    save: (value) => field.save(save(value)),
    restore: (saved, place, context) => restore(field.restore(saved, place, context), context),
  };
}

/** What another reads: it is kept as it is. */
export function anything(): Field<SavedState> {
  return { create: () => null, save: (value) => value, restore: (saved) => saved as SavedState };
}
