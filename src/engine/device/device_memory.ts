/** What crossed between a device and ordinary memory so far. */
export interface DeviceTraffic {
  /** Copies to the device. */
  uploads: number;
  uploadedBytes: number;
  /** Copies from the device. */
  downloads: number;
  downloadedBytes: number;
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
  /** Returns the address of memory with any content. */
  allocate(sizeBytes: number): number;
  free(address: number): void;
  write(address: number, values: ArrayBufferView): void;
  read(address: number, into: ArrayBufferView): void;
  clear(address: number, sizeBytes: number): void;
}

/** What begins here can be read by any kernel: the alignment of CUDA's own allocations. */
export const ALIGNMENT_BYTES = 256;

/** The memory that a driver reaches, with bounds checked and copies counted. */
export function createDeviceMemory(driver: DeviceDriver): DeviceMemory {
  const traffic = { uploads: 0, uploadedBytes: 0, downloads: 0, downloadedBytes: 0 };
  const { device } = driver;
  return { device, traffic, allocate: (sizeBytes) => new Block(driver, traffic, sizeBytes) };
}

class Block implements DeviceBlock {
  readonly address: number;
  readonly sizeBytes: number;
  readonly #driver: DeviceDriver;
  readonly #traffic: DeviceTraffic;
  #isReleased = false;

  constructor(driver: DeviceDriver, traffic: DeviceTraffic, sizeBytes: number) {
    this.#driver = driver;
    this.#traffic = traffic;
    this.sizeBytes = sizeBytes;
    this.address = driver.allocate(sizeBytes);
    driver.clear(this.address, sizeBytes);
  }

  upload(values: ArrayBufferView, offsetBytes = 0): void {
    this.#assertWithin("upload", offsetBytes, values.byteLength);
    if (values.byteLength === 0) return;
    this.#driver.write(this.address + offsetBytes, values);
    this.#traffic.uploads += 1;
    this.#traffic.uploadedBytes += values.byteLength;
  }

  download(into: ArrayBufferView, offsetBytes = 0): void {
    this.#assertWithin("download", offsetBytes, into.byteLength);
    if (into.byteLength === 0) return;
    this.#driver.read(this.address + offsetBytes, into);
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
    this.#driver.free(this.address);
  }

  #assertWithin(act: string, offsetBytes: number, sizeBytes: number): void {
    const isWithin = !this.#isReleased && offsetBytes >= 0 && offsetBytes + sizeBytes <= this.sizeBytes;
    if (isWithin) return;
    const place = this.#isReleased ? "memory that was freed" : `a block of ${this.sizeBytes} bytes`;
    throw new RangeError(`Cannot ${act} ${sizeBytes} bytes at ${offsetBytes} of ${place}`);
  }
}
