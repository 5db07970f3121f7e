import { needs, TypeRefusal } from "../errors/errors.ts";
import type { SavedState } from "../saved_state.ts";

/** Where something is read: whose state it is, and the path within that, "best.parameters" say. */
export interface Place {
  readonly subject: string;
  readonly path: string;
}

/** One field of a declared state: how its value begins, what is saved of it, and how that is read again. */
export interface Field<Value, Context = unknown> {
  /** The value before anything happened. */
  create(): Value;
  /** Plain data and typed arrays; the caller owns them. */
  save(value: Value): SavedState;
  /**
   * Reads what `save` gave. The caller owns the value.
   * @throws {TypeError} If it is of another kind.
   */
  restore(saved: unknown, place: Place, context: Context): Value;
}

/** What a field holds. */
export type ValueOf<Kind> = Kind extends Field<infer Value, infer _Context> ? Value : never;

/** What a field needs to be restored. */
export type ContextOf<Kind> = Kind extends Field<infer _Value, infer Context> ? Context : never;

/** What all of several fields need to be restored. */
export type ContextOfAll<Fields> = {
  [Name in keyof Fields]: (context: ContextOf<Fields[Name]>) => void;
}[keyof Fields] extends (context: infer Context) => void
  ? Context
  : never;

/** The fields of a state by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The values of fields by name. */
export type Values<Declared> = { -readonly [Name in keyof Declared]: ValueOf<Declared[Name]> };

/** A place within another. */
export function placeAt({ subject, path }: Place, key: string | number): Place {
  return { subject, path: path === "" ? String(key) : `${path}.${key}` };
}

/** Refuses what was saved at a place. @throws {TypeError} Always. */
export function refuse({ subject, path }: Place, wanted: string, got: unknown): never {
  throw new TypeRefusal(needs(subject, path === "" ? wanted : `${wanted} as ${path}`, got));
}

/** @throws {TypeError} If this is no record, with what was saved by name. */
export function readRecord(saved: unknown, place: Place): ReadonlyMap<string, unknown> {
  if (typeof saved !== "object" || saved === null || Array.isArray(saved) || ArrayBuffer.isView(saved)) {
    return refuse(place, "an object of saved values by name", saved);
  }
  return new Map(Object.entries(saved));
}

/**
 * Reads one value a field.
 * @throws {TypeError} If a field is missing or of another kind, or there is one too many.
 */
export function readFields(fields: Fields, saved: unknown, { place, context }: Reading): Map<string, unknown> {
  const record = readRecord(saved, place);
  const values = new Map(
    Object.entries(fields).map(([name, field]) => [
      name,
      field.restore(record.get(name), placeAt(place, name), context),
    ]),
  );
  const other = [...record.keys()].find((name) => !Object.hasOwn(fields, name));
  if (other !== undefined) refuse(place, `no field but ${Object.keys(fields).join(", ")}`, other);
  return values;
}

/**
 * Reads what a field saved, for a state that is kept in another form.
 * @param owner Whose state it is, for messages.
 * @throws {TypeError} If it is something else.
 */
export function readSaved<Value, Context>(
  field: Field<Value, Context>,
  saved: unknown,
  { owner, context }: { readonly owner: string; readonly context: Context },
): Value {
  return field.restore(saved, { subject: `the saved state of ${owner}`, path: "" }, context);
}

/** Where something is read and what it needs. */
export interface Reading {
  readonly place: Place;
  readonly context: unknown;
}
