import { viewBytes } from "../../core/foreign/foreign_interface.ts";
import { type PageLocker, PinnedArrays, PinnedMemory } from "./pinned_memory.ts";

/** What crossed between a device and ordinary memory so far, and what of that is locked for it. */
export interface DeviceTraffic {
  /** Copies to the device. */
  uploads: number;
  uploadedBytes: number;
  /** Copies from the device. */
  downloads: number;
  downloadedBytes: number;
  /** Locked at present, in ordinary memory. */
  pinnedBytes: number;
  /** Why the driver refused to lock an array, the last time that it did. */
  pinRefusal?: string;
}

/** Some memory of a device, at an address that onnxruntime's sessions on that device read and write in place. */
export interface DeviceView {
  readonly address: number;
  readonly sizeBytes: number;
}

/** Memory of a device that was allocated as one. Zeroed at first. */
export interface DeviceBlock extends DeviceView {
  /**
   * Copies values to `offsetBytes`; they are there when this returns.
   * @throws {RangeError} If they do not fit.
   */
  upload(values: ArrayBufferView, offsetBytes?: number): void;
  /**
   * Copies values from `offsetBytes` into ordinary memory.
   * @throws {RangeError} If there are not as many.
   */
  download(into: ArrayBufferView, offsetBytes?: number): void;
  /** Zeroes a part. */
  clear(offsetBytes: number, sizeBytes: number): void;
  /** Frees the memory, once. Nothing on the device may use it afterwards. */
  release(): void;
}

/** The memory of one device. Belongs to one thread. */
export interface DeviceMemory {
  /** "cuda:0", or "cpu-resident" for the double. */
  readonly device: string;
  /** Counts every copy. */
  readonly traffic: Readonly<DeviceTraffic>;
  /** Zeroed memory. @throws {Error} If the device has no room. */
  allocate(sizeBytes: number): DeviceBlock;
}

/** How the blocks of a memory are moved; addresses are the device's. */
export interface DeviceDriver {
  readonly device: string;
  readonly locker: PageLocker;
  /** Returns the address of memory with any content. */
  allocate(sizeBytes: number): number;
  free(address: number): void;
  write(address: number, values: ArrayBufferView): void;
  read(address: number, into: ArrayBufferView): void;
  clear(address: number, sizeBytes: number): void;
}

/** What begins here can be read by any kernel: the alignment of CUDA's own allocations. */
export const ALIGNMENT_BYTES = 256;

/**
 * The memory that a driver reaches, with bounds checked and copies counted.
 * @param pinned Whether arrays that are copied again and again are locked for that. Default: false.
 */
export function createDeviceMemory(driver: DeviceDriver, pinned = false): DeviceMemory {
  const traffic: DeviceTraffic = { uploads: 0, uploadedBytes: 0, downloads: 0, downloadedBytes: 0, pinnedBytes: 0 };
  const memory = pinned ? new PinnedMemory(driver.locker, traffic) : undefined;
  const { device } = driver;
  const allocate = (sizeBytes: number) =>
    new Block(driver, { traffic, arrays: memory && new PinnedArrays(memory) }, sizeBytes);
  return { device, traffic, allocate };
}

class Block implements DeviceBlock {
  readonly address: number;
  readonly sizeBytes: number;
  readonly #driver: DeviceDriver;
  readonly #traffic: DeviceTraffic;
  readonly #arrays: PinnedArrays | undefined;
  #isReleased = false;

  constructor(
    driver: DeviceDriver,
    { traffic, arrays }: { readonly traffic: DeviceTraffic; readonly arrays: PinnedArrays | undefined },
    sizeBytes: number,
  ) {
    this.#driver = driver;
    this.#traffic = traffic;
    this.#arrays = arrays;
    this.sizeBytes = sizeBytes;
    this.address = driver.allocate(sizeBytes);
    driver.clear(this.address, sizeBytes);
  }

  upload(values: ArrayBufferView, offsetBytes = 0): void {
    this.#assertWithin("upload", offsetBytes, values.byteLength);
    if (values.byteLength === 0) return;
    const address = this.address + offsetBytes;
    this.#copy(values, {
      inPlace: () => this.#driver.write(address, values),
      around: () => this.#driver.write(address, viewBytes(values).slice()),
    });
    this.#traffic.uploads += 1;
    this.#traffic.uploadedBytes += values.byteLength;
  }

  download(into: ArrayBufferView, offsetBytes = 0): void {
    this.#assertWithin("download", offsetBytes, into.byteLength);
    if (into.byteLength === 0) return;
    const address = this.address + offsetBytes;
    this.#copy(into, {
      inPlace: () => this.#driver.read(address, into),
      around: () => {
        const bytes = new Uint8Array(into.byteLength);
        this.#driver.read(address, bytes);
        viewBytes(into).set(bytes);
      },
    });
    this.#traffic.downloads += 1;
    this.#traffic.downloadedBytes += into.byteLength;
  }

  clear(offsetBytes: number, sizeBytes: number): void {
    this.#assertWithin("clear", offsetBytes, sizeBytes);
    this.#driver.clear(this.address + offsetBytes, sizeBytes);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#arrays?.release();
    this.#driver.free(this.address);
  }

  /** Another thread may have locked a part of the array: the driver refuses to copy that, and copies what is apart. */
  #copy(array: ArrayBufferView, { inPlace, around }: { readonly inPlace: () => void; readonly around: () => void }) {
    if (!this.#arrays) {
      inPlace();
      return;
    }
    this.#arrays.prepare(array);
    try {
      inPlace();
    } catch {
      around();
    }
  }

  #assertWithin(act: string, offsetBytes: number, sizeBytes: number): void {
    const isWithin = !this.#isReleased && offsetBytes >= 0 && offsetBytes + sizeBytes <= this.sizeBytes;
    if (isWithin) return;
    const place = this.#isReleased ? "memory that was freed" : `a block of ${this.sizeBytes} bytes`;
    throw new RangeError(`Cannot ${act} ${sizeBytes} bytes at ${offsetBytes} of ${place}`);
  }
}
