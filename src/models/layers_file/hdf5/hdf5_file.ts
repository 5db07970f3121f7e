import { assertArrayBytes } from "../../../core/array_limit.ts";
import { RangeRefusal, SyntaxRefusal } from "../../../core/errors/errors.ts";
import { countElements } from "../../../core/host_tensor.ts";
import { readTextAttribute } from "./attributes.ts";
import { Hdf5Bytes } from "./hdf5_bytes.ts";
import { type ArrayPlace, readMessages } from "./object_header.ts";
import { listLinks } from "./symbol_table.ts";

/** An array of numbers in an HDF5 file. */
export interface Hdf5Array {
  readonly shape: readonly number[];
  /** Its numbers, row-major, as float32. The caller owns them. @throws {RefusalError} If they are of another kind. */
  read(): Float32Array<ArrayBuffer>;
}

/** "\x89HDF\r\n\x1a\n" */
const SIGNATURE = 0x0a1a0a0d46444889n;

/** What an HDF5 file holds. */
export interface Hdf5File {
  /** Arrays of numbers by their paths, "layers/dense/vars/0". */
  readonly arrays: ReadonlyMap<string, Hdf5Array>;
  /**
   * The texts of an attribute of the object with this path, "" for the whole file; undefined where there is none of
   * texts.
   * @throws {SyntaxRefusal} If it is damaged.
   */
  readTexts(path: string, attribute: string): string[] | undefined;
}

/**
 * Opens an HDF5 file as h5py writes it by default, and Keras with it: old-style groups, and arrays that lie whole in
 * the file. Format: The HDF Group's HDF5 File Format Specification 3.0, superblocks 0 and 1.
 * @param subject What messages begin with: the file.
 * @throws {SyntaxRefusal} If it is no HDF5 file, or damaged. {RangeRefusal} If it is written in another way.
 */
export function openHdf5(bytes: Uint8Array, subject: string): Hdf5File {
  const file = new Hdf5Bytes(bytes, subject);
  if (bytes.length < 8 || file.view.getBigUint64(0, true) !== SIGNATURE) {
    throw new SyntaxRefusal(`${subject}: no HDF5 file`);
  }
  const arrays = new Map<string, Hdf5Array>();
  const attributes = new Map<string, readonly number[]>();
  const visited = new Set<number>();
  addObject(file.long(findRoot(file) + 8), []);
  return {
    arrays,
    readTexts(path, attribute) {
      const messages = attributes.get(path) ?? [];
      const found = messages.map((at) => readTextAttribute(file, at)).find((read) => read?.name === attribute);
      return found?.read();
    },
  };

  function addObject(address: number, path: readonly string[]): void {
    if (visited.has(address)) throw file.damaged("an object has two names");
    visited.add(address);
    const { array, group, attributes: messages } = readMessages(file, address, path.join("/"));
    attributes.set(path.join("/"), messages);
    if (array) arrays.set(path.join("/"), createArray(file, array));
    if (!group) return;
    for (const { name, header } of listLinks(file, group)) addObject(header, [...path, name]);
  }
}

/** Where the root group's entry lies. */
function findRoot(file: Hdf5Bytes): number {
  const version = file.byte(8);
  if (version > 1) {
    throw new RangeRefusal(
      `${file.subject}: written as newer HDF5 (superblock ${version}), where h5py writes 0 by default and Keras with it`,
    );
  }
  if (file.byte(13) !== 8 || file.byte(14) !== 8) throw file.damaged("its addresses have not 8 bytes");
  return version === 0 ? 56 : 60;
}

function createArray(file: Hdf5Bytes, place: ArrayPlace): Hdf5Array {
  return {
    shape: place.shape,
    read() {
      const { address, kind, name } = place;
      const count = countElements(place.shape);
      assertArrayBytes(file.subject, 4 * count);
      // What was never written is zero.
      if (address === undefined) return new Float32Array(count);
      file.assertInside(address, count * kind.size);
      const read = findReader(file, place);
      if (!read) {
        const wanted = "little-endian numbers of 16, 32 or 64 bits";
        throw new RangeRefusal(`${file.subject}: "${name}" must hold ${wanted}`);
      }
      const values = new Float32Array(count);
      for (let i = 0; i < count; i++) values[i] = read(address + i * kind.size);
      return values;
    },
  };
}

function findReader({ view }: Hdf5Bytes, { kind }: ArrayPlace): ((at: number) => number) | undefined {
  if (kind.isBigEndian) return undefined;
  switch (`${kind.class}${kind.size}`) {
    case "float4":
      return (at) => view.getFloat32(at, true);
    case "float8":
      return (at) => view.getFloat64(at, true);
    case "float2":
      return (at) => readHalf(view.getUint16(at, true));
    case "integer4":
      return (at) => (kind.isSigned ? view.getInt32(at, true) : view.getUint32(at, true));
    case "integer8":
      return (at) => Number(kind.isSigned ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

/** IEEE 754's binary16. */
function readHalf(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
