import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

/** A value of an event file, as a reader of the format sees it. */
export interface ReadValue {
  readonly tag: string;
  readonly simple_value?: number;
  readonly image?: { height: number; width: number; colorspace: number; encoded_image_string: Uint8Array };
  readonly histo?: { min: number; max: number; num: number; sum: number; bucket_limit: number[]; bucket: number[] };
}

/** A record of an event file. */
export interface ReadEvent {
  readonly wall_time: number;
  readonly step?: number;
  readonly file_version?: string;
  readonly summary?: { readonly value: ReadValue[] };
}

const schema = readFileSync(new URL("../../../proto/tensorboard_event.proto", import.meta.url), "utf8");
const eventType = protobuf.parse(schema, { keepCase: true }).root.lookupType("tensorboard.Event");

/** CRC-32C bit by bit, turned and moved on as TFRecord has it. */
function computeSlowMask(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Reads all records of an event file, and throws where a length or a checksum is wrong. */
export function readEvents(path: string): ReadEvent[] {
  const bytes = Uint8Array.from(readFileSync(path));
  const view = new DataView(bytes.buffer);
  const events: ReadEvent[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const length = Number(view.getBigUint64(offset, true));
    const data = bytes.subarray(offset + 12, offset + 12 + length);
    if (view.getUint32(offset + 8, true) !== computeSlowMask(bytes.subarray(offset, offset + 8))) {
      throw new Error(`the length at ${offset} is damaged`);
    }
    if (view.getUint32(offset + 12 + length, true) !== computeSlowMask(data)) {
      throw new Error(`the record at ${offset} is damaged`);
    }
    events.push(decodeEvent(data));
    offset += length + 16;
  }
  return events;
}

/** The event that a record holds. */
export function decodeEvent(data: Uint8Array): ReadEvent {
  return eventType.toObject(eventType.decode(data), { longs: Number }) as ReadEvent;
}
