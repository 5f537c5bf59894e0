#!/usr/bin/env node
import { clusterArgs } from './cluster-args.ts';
import { exitCodeOf, reportError } from './exit.ts';
import { run } from './run.ts';

try {
  process.exitCode = await run(clusterArgs(process.argv.slice(2)));
} catch (error) {
  reportError(error);
  process.exitCode = exitCodeOf(error);
}
