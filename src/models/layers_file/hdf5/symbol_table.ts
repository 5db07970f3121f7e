import type { Hdf5Bytes } from "./hdf5_bytes.ts";

/** Where an old-style group has its members: a tree of entries, and a heap of their names. */
export interface GroupPlace {
  readonly tree: number;
  readonly heap: number;
}

/** A member of a group. */
export interface Hdf5Link {
  readonly name: string;
  /** Where its object header lies. */
  readonly header: number;
}

/** The members of a group: a version 1 B-tree of symbol table nodes. @throws {SyntaxRefusal} If it is damaged. */
export function listLinks(file: Hdf5Bytes, { tree, heap }: GroupPlace): Hdf5Link[] {
  if (!file.hasMark(heap, "HEAP")) throw file.damaged(`no heap of names at byte ${heap}`);
  const names = file.long(heap + 24);
  const visited = new Set<number>();
  return listNode(tree);

  function listNode(at: number): Hdf5Link[] {
    if (visited.has(at)) throw file.damaged("a tree of names comes back to itself");
    visited.add(at);
    if (file.hasMark(at, "SNOD")) return listSymbols(file, at, names);
    if (!file.hasMark(at, "TREE") || file.byte(at + 4) !== 0) throw file.damaged(`no tree of names at byte ${at}`);
    // Children stand between keys, of 8 bytes each.
    const children = Array.from({ length: file.short(at + 6) }, (_, i) => file.long(at + 32 + 16 * i));
    return children.flatMap(listNode);
  }
}

function listSymbols(file: Hdf5Bytes, at: number, names: number): Hdf5Link[] {
  return Array.from({ length: file.short(at + 6) }, (_, i) => {
    const entry = at + 8 + 40 * i;
    return { name: readName(file, names + file.long(entry)), header: file.long(entry + 8) };
  });
}

function readName(file: Hdf5Bytes, at: number): string {
  const end = file.bytes.indexOf(0, at);
  if (end < 0) throw file.damaged(`no name at byte ${at}`);
  return new TextDecoder().decode(file.bytes.subarray(at, end));
}
