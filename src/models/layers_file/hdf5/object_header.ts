import { RangeRefusal } from "../../../core/errors/errors.ts";
import type { Hdf5Bytes } from "./hdf5_bytes.ts";
import type { GroupPlace } from "./symbol_table.ts";

/** What the numbers of an array are. */
interface NumberKind {
  readonly class: "float" | "integer" | "other";
  /** In bytes. */
  readonly size: number;
  readonly isBigEndian: boolean;
  readonly isSigned: boolean;
}

/** Where an array's numbers lie; nowhere if they were never written. */
export interface ArrayPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: NumberKind;
  readonly address: number | undefined;
}

/** What an object's header says. */
interface HeaderContents {
  readonly array?: ArrayPlace;
  readonly group?: GroupPlace;
  /** Where the messages of its attributes begin. */
  readonly attributes: readonly number[];
}

/** The numbers of messages that are read. */
const DATASPACE = 0x01;
const LINK_INFO = 0x02;
const DATATYPE = 0x03;
const LINK = 0x06;
const LAYOUT = 0x08;
const ATTRIBUTE = 0x0c;
const CONTINUATION = 0x10;
const SYMBOL_TABLE = 0x11;

interface Message {
  readonly type: number;
  /** Where its data begin. */
  readonly at: number;
}

/**
 * Reads a version 1 object header.
 * @param name The object's path, for messages.
 * @throws {SyntaxRefusal} If it is damaged. {RangeRefusal} If it is of a newer version, or an array is stored in
 *   chunks.
 */
export function readMessages(file: Hdf5Bytes, address: number, name: string): HeaderContents {
  if (file.byte(address) !== 1) throw refuse(file, name, "has an object header of a newer version");
  const messages = listMessages(file, address);
  const find = (type: number) => messages.find((message) => message.type === type)?.at;
  const attributes = messages.flatMap(({ type, at }) => (type === ATTRIBUTE ? [at] : []));
  const table = find(SYMBOL_TABLE);
  if (table !== undefined) return { attributes, group: { tree: file.long(table), heap: file.long(table + 8) } };
  if (find(LINK_INFO) !== undefined || find(LINK) !== undefined) {
    throw refuse(file, name, "is a group of a newer kind (track_order)");
  }
  const [space, type, layout] = [find(DATASPACE), find(DATATYPE), find(LAYOUT)];
  if (space === undefined || type === undefined || layout === undefined) return { attributes };
  const kind = readKind(file, type);
  return { attributes, array: { name, shape: readShape(file, space), kind, address: findData(file, layout, name) } };
}

/** Blocks of messages follow each other by messages that name the next one. */
function listMessages(file: Hdf5Bytes, address: number): Message[] {
  const messages: Message[] = [];
  const blocks = [{ start: address + 16, length: file.word(address + 8) }];
  for (const { start, length } of blocks) {
    if (blocks.length > MOST_BLOCKS) throw file.damaged("a header comes back to itself");
    for (let at = start; at + 8 <= start + length; at += 8 + file.short(at + 2)) {
      const type = file.short(at);
      if (type === CONTINUATION) blocks.push({ start: file.long(at + 8), length: file.long(at + 16) });
      else messages.push({ type, at: at + 8 });
    }
  }
  return messages;
}

const MOST_BLOCKS = 1000;

/** The lengths of a dataspace message's axes; none for a single value. */
export function readShape(file: Hdf5Bytes, at: number): number[] {
  const rank = file.byte(at + 1);
  const start = at + (file.byte(at) === 1 ? 8 : 4);
  return Array.from({ length: rank }, (_, axis) => file.long(start + 8 * axis));
}

function readKind(file: Hdf5Bytes, at: number): NumberKind {
  const kind = file.byte(at) & 0x0f;
  const flags = file.byte(at + 1);
  return {
    class: kind === 1 ? "float" : kind === 0 ? "integer" : "other",
    size: file.word(at + 4),
    isBigEndian: (flags & 1) !== 0,
    isSigned: (flags & 8) !== 0,
  };
}

/** Of numbers that lie whole in the file, or in the header itself. */
function findData(file: Hdf5Bytes, at: number, name: string): number | undefined {
  const [version, kind] = [file.byte(at), file.byte(at + 1)];
  if (version < 3) throw refuse(file, name, "is laid out in an older way than h5py's");
  switch (kind) {
    case 0:
      return at + 4;
    case 1:
      return file.address(at + 2);
    default:
      throw refuse(file, name, "is stored in chunks, where Keras stores weights whole");
  }
}

function refuse({ subject }: Hdf5Bytes, name: string, reason: string): RangeRefusal {
  return new RangeRefusal(`${subject}: "${name || "/"}" ${reason}`);
}
