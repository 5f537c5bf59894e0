import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onFaultPoint } from '@tsnctl/proxy';
import { carrying } from './data-plane-deeds.ts';
import type { Deed, Deeds } from './deed.ts';
import type { DeedNode } from './deed-node.ts';

const attach = ({ proxy }: DeedNode) => void proxy.change(() => carrying());

function installing(verb: 'install' | 'upgrade', version: string, more: Partial<Deed> = {}): Deed {
  return {
    async prepare(node) {
      if (verb === 'upgrade') await node.files.install().install('install', node.files.desired('1.0.0'));
      attach(node);
    },
    run: ({ files }) => files.install().install(verb, files.desired(version)),
    left: ({ files }) => files.install().planInstall(files.desired(version)).steps,
    carries: true,
    writes: true,
    ...more,
  };
}

function uninstalling(prepare: (node: DeedNode) => void | Promise<void>, more: Partial<Deed> = {}): Deed {
  return {
    async prepare(node) {
      await node.files.install().install('install', node.files.desired('1.0.0'));
      attach(node);
      await prepare(node);
    },
    run: ({ files }) => files.install().uninstall(),
    left: ({ files }) => files.install().planUninstall().steps,
    carries: false,
    writes: true,
    ...more,
  };
}

const journal = ({ files }: DeedNode) => join(files.root, '/var/lib/tsnctl/journal/journal.jsonl');

/** What `tsnctl install`, `upgrade` and `uninstall` come to, and an agent that brings its plugin to a node. */
export const nodeDeeds: Deeds = {
  install: installing('install', '1.0.0'),
  upgrade: installing('upgrade', '1.1.0', { short: true }),
  uninstall: uninstalling(({ files }) => files.write('/run/tsnctl/attachments/owned.json', '{}')), // as of an agent
  'an upgrade after the journal was torn': installing('upgrade', '1.1.0', {
    async prepare(node) {
      await node.files.install().install('install', node.files.desired('1.0.0'));
      attach(node);
      appendFileSync(journal(node), '{"begin":[1,');
    },
    writes: false,
  }),
  'an uninstall after the journal was torn': uninstalling(
    (node) => appendFileSync(journal(node), Buffer.alloc(512)),
    { writes: false },
  ),
  "an agent's plugin alone": {
    prepare: attach,
    run: ({ files }) => files.install().install('install', files.desired('1.0.0', PLUGIN_ONLY)),
    left: ({ files }) => files.install().planInstall(files.desired('1.0.0', PLUGIN_ONLY)).steps,
    carries: true,
    writes: true,
  },
  'an install that is refused, and taken back': {
    ...installing('install', '1.0.0', { writes: false }),
    async run({ files }) {
      using _ = onFaultPoint(({ when, step }) => {
        if (when === 'before' && (step as { path?: string }).path === PLUGIN) files.write(PLUGIN, 'theirs');
      });
      const refused = await files
        .install()
        .install('install', files.desired('1.0.0'))
        .catch((error: Error) => error);
      rmSync(join(files.root, PLUGIN), { force: true });
      if (!String(refused).includes('nothing is changed')) throw refused;
    },
    async mend({ files }) {
      rmSync(join(files.root, PLUGIN), { force: true });
      await files.install().uninstall();
    },
    left: ({ files }) => files.install().planUninstall().steps,
  },
};

const PLUGIN = '/opt/cni/bin/tsnctl';
const PLUGIN_ONLY = { pluginOnly: true, unit: false } as const;
