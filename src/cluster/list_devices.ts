import { elementAt } from "../core/element_at.ts";

/** How many replicas there are, and on what. */
export interface ReplicaDevices {
  readonly workers: number;
  /** Given to the replicas in turn. */
  readonly devices: readonly string[];
}

/** One device a replica: `devices` in turn. With no workers there is one replica, in the coordinator. */
export function listDevices({ workers, devices }: ReplicaDevices): string[] {
  return Array.from({ length: Math.max(1, workers) }, (_, index) => elementAt(devices, index % devices.length));
}
