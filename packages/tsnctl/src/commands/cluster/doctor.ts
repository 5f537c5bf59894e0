import { Exit } from '../../exit.ts';
import { painter } from '../../render/colour.ts';
import { renderFindings } from '../../render/doctor.ts';
import { type OutputFormat, printResult } from '../../render/output.ts';
import { openCluster, selectionOf } from './open.ts';
import type { ClusterOptions } from './options.ts';

/** `tsnctl doctor --cluster` */
export async function doctorOfCluster(
  options: ClusterOptions & { only: readonly string[]; output: OutputFormat },
  finish: (code: Exit) => void,
): Promise<void> {
  const { diagnoseFleet, readJudgedFleet } = await import('@tsnctl/kubernetes');
  const { isIll } = await import('@tsnctl/proxy');
  const { only, output } = options;
  const fleet = await readJudgedFleet(await openCluster(options), selectionOf(options));
  const findings = diagnoseFleet(fleet, only);
  await printResult(output, { findings }, (wide) => renderFindings(findings, wide, painter(process.stdout)));
  if (isIll(findings)) finish(Exit.drift);
}
