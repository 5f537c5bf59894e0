import type { Sysdump } from '@tsnctl/proxy';
import { plain } from '../../render/colour.ts';
import { renderFindings } from '../../render/doctor.ts';
import { version } from '../../version.ts';
import { openCluster, selectionOf } from './open.ts';
import type { ClusterOptions } from './options.ts';

/** What `tsnctl sysdump --cluster` puts into its file: the objects, and what status, inspect and doctor say of them. */
export async function collectFleet(options: ClusterOptions): Promise<Sysdump> {
  const { diagnoseFleet, fleetNodes, readFleetDump, readJudgedFleet } = await import('@tsnctl/kubernetes');
  const { renderFleetStatus } = await import('../../render/fleet/status.ts');
  const { renderFleet } = await import('../../render/fleet/inspect.ts');
  const client = await openCluster(options);
  const { files, leftOut } = await readFleetDump(client, selectionOf(options));
  const versions = { tsnctl: version(), node: process.version, server: client.server };
  const said = [{ path: 'versions.json', text: `${JSON.stringify(versions, null, 1)}\n` }];
  try {
    const fleet = await readJudgedFleet(client, selectionOf(options));
    const nodes = fleetNodes(fleet, fleet.nowMs);
    const how = { wide: true, paint: plain };
    said.push(
      { path: 'status.txt', text: renderFleetStatus(nodes, how) },
      { path: 'inspect.txt', text: renderFleet(nodes, how) },
      { path: 'doctor.txt', text: renderFindings(diagnoseFleet(fleet), true) },
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (files.length === 0) throw error; // nothing at all was to be had
    return {
      files: [...said, ...files],
      leftOut: [...leftOut, { path: 'status.txt, inspect.txt, doctor.txt', why }],
    };
  }
  return { files: [...said, ...files], leftOut };
}
