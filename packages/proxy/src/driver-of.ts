import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isErrno } from '@tsnctl/linux';
import type { Link } from '@tsnctl/netlink';

/** The driver of a NIC, found by its bus: sysfs has the interfaces of one namespace alone. undefined: there is none. */
export function driverOf({ parentDevName, parentDevBusName }: Link): string | undefined {
  if (parentDevName === undefined || parentDevBusName === undefined) return undefined;
  try {
    return basename(readlinkSync(`/sys/bus/${parentDevBusName}/devices/${parentDevName}/driver`));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}
