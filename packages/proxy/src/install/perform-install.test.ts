import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TsnctlError } from '@tsnctl/codec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InstallStep } from './model.ts';
import { InstallPerformer } from './perform-install.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsnctl-perform-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

async function refusal(
  step: InstallStep,
): Promise<{ code: string; message: string; hint: string | undefined }> {
  const performer = new InstallPerformer({ root: directory, kept: () => '' });
  const error = await performer.perform(step).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof TsnctlError)) throw error ?? new Error('it was not refused');
  return { code: error.code, message: error.message, hint: error.hint };
}

/** A systemctl of our own ahead of all others: the real one is asked in a virtual machine. */
function systemctl(script: string | undefined): void {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  if (script !== undefined) writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\n${script}\n`);
  if (script !== undefined) chmodSync(join(bin, 'systemctl'), 0o755);
  vi.stubEnv('PATH', script === undefined ? bin : `${bin}:${process.env.PATH}`);
}

describe('a step that is refused', () => {
  it("has systemd's own words, and where to look", async () => {
    systemctl(
      `echo "Job for $2 failed because the control process exited." >&2; echo 'See more.' >&2; exit 1`,
    );
    expect(await refusal({ do: 'start-unit', unit: 'tsnctl-agent.service' })).toEqual({
      code: 'SYSTEMD',
      message:
        'systemctl start tsnctl-agent.service: Job for tsnctl-agent.service failed because the control process exited.',
      hint: 'journalctl -u tsnctl-agent.service -n 20',
    });
  });

  it('says where systemd itself does not answer', async () => {
    systemctl(`echo 'System has not been booted with systemd as init system' >&2; exit 1`);
    expect(await refusal({ do: 'reload-units' })).toEqual({
      code: 'SYSTEMD',
      message: 'systemctl daemon-reload: System has not been booted with systemd as init system',
      hint: 'systemctl status',
    });
  });

  it('says that there is no systemctl', async () => {
    systemctl(undefined);
    expect(await refusal({ do: 'restart-unit', unit: 'tsnctl-agent.service' })).toEqual({
      code: 'SYSTEMD',
      message: 'systemctl restart tsnctl-agent.service: spawnSync systemctl ENOENT',
      hint: 'journalctl -u tsnctl-agent.service -n 20',
    });
  });

  it('says that no agent has come, and after what time', async () => {
    expect(await refusal({ do: 'wait-ready', socket: '/run/tsnctl/agent.sock', timeoutMs: 100 })).toEqual({
      code: 'NOT_READY',
      message: `after 0.1 s no agent listens on ${directory}/run/tsnctl/agent.sock`,
      hint: 'journalctl -u tsnctl-agent -n 20 says why; --wait 2m for more time',
    });
  });
});
