import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CapturedRuns } from '../test/capture-run.ts';
import { CHECKOUT } from '../test/cli.ts';

const EXAMPLES = join(CHECKOUT, 'examples/schedules');

let folder: string;
const cli = new CapturedRuns();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsnctl-tune-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(text: string): string {
  const path = join(folder, 's.yaml');
  writeFileSync(path, text);
  return path;
}

const check = (text: string, ...more: string[]) => cli.run(['tune', 'check', file(text), ...more]);

const ONE = 'classes: [{name: a}]\n';

describe('tsnctl tune check', () => {
  it.each(readdirSync(EXAMPLES))(
    'finds nothing that keeps the example %s from being applied',
    async (name) => {
      expect(await cli.run(['tune', 'check', join(EXAMPLES, name)])).toBe(0);
      expect(cli.stdout).toMatch(/nothing (is wrong|keeps it from being applied)\n$/);
      for (const line of cli.stdout.split('\n').filter((one) => !one.includes(EXAMPLES)))
        expect(line.length).toBeLessThanOrEqual(80);
    },
  );

  it('draws the schedule, and says what is wrong, with exit code 3', async () => {
    const text = 'classes: [{name: a}, {name: b, priorities: 1}]\ngates: [{open: a, for: 125us}]\n';
    expect(await check(text)).toBe(3);
    expect(cli.stdout).toContain(
      '0 a            ████████████████████████████████████████████████     125us  100%',
    );
    expect(cli.stdout).toContain(
      ':1:22: error CLASS_NEVER_OPEN: classes.1: no gate ever opens for class b (priority 1)',
    );
  });

  it('answers programs, and says which commands would do the same', async () => {
    expect(
      await check(`dev: eth1\nlinkSpeed: 1Gbit\n${ONE}gates: [{open: a, for: 125us}]\n`, '-o', 'json'),
    ).toBe(0);
    const told = JSON.parse(cli.stdout);
    expect(told).toMatchObject({
      ok: true,
      schedule: { qdisc: 'taprio', dev: 'eth1', linkSpeed: '1Gbit', gates: [{ open: ['a'], for: '125us' }] },
    });
    expect(told.commands).toEqual([
      'tc qdisc replace dev eth1 root handle 100: taprio num_tc 1 map 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 queues 1@0 base-time 0 sched-entry S 01 125000 clockid CLOCK_TAI',
    ]);
  });

  it('draws a picture', async () => {
    expect(await cli.run(['tune', 'check', join(EXAMPLES, 'gates.yaml'), '--svg'])).toBe(0);
    expect(cli.stdout).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
    expect(cli.stdout).toMatch(/<\/svg>\n$/);
  });

  it.each([
    ['an unknown key', 'clases: []', 's.yaml:1:1: clases: no such key'],
    ['a wrong unit', `cycle: 1msec\n${ONE}`, 's.yaml:1:8: cycle: "msec" is no unit of a duration'],
    [
      'overlapping classes',
      'classes: [{name: a, priorities: 1}, {name: b, priorities: 1}]',
      's.yaml:1:59: classes.1.priorities: priority 1 is in class a already',
    ],
    [
      'an interval of 2^63',
      `${ONE}gates: [{open: all, for: 9223372036854775808ns}]`,
      's.yaml:2:26: gates.0.for: 9223372036854775808ns is out of range',
    ],
    ['no gates', `${ONE}gates: []`, 's.yaml:2:8: gates: the list is empty: a schedule needs gates'],
    [
      'an empty file',
      '',
      's.yaml:1:1: nothing is in it. Try: classes: [{name: control, priorities: 6-7}, ...]',
    ],
    [
      'a bomb',
      Array.from(
        { length: 12 },
        (_, at) =>
          `l${at}: &l${at} [${Array(9)
            .fill(at ? `*l${at - 1}` : 'x')
            .join()}]`,
      ).join('\n'),
      's.yaml:1:1: Excessive alias count',
    ],
  ])('refuses %s with exit code 2, file, line and column', async (_, text, message) => {
    expect(await check(text)).toBe(2);
    expect(cli.stderr).toContain(message);
    expect(cli.stderr).toContain('Try: ');
    expect(cli.stdout).toBe('');
  });

  it('says that a deadline cannot be kept, with exit code 3', async () => {
    const text = `linkSpeed: 1Gbit
classes: [{name: rest}, {name: c, priorities: 7}]
streams: [{name: axis, class: c, period: 1ms, size: 128, deadline: 2us}]`;
    expect(await check(text)).toBe(3);
    expect(cli.stderr).toContain(
      'axis shall be gone after 2us, and can take 16.808us even with the best cycle',
    );
  });
});

describe('tsnctl tune', () => {
  it.each<[string, string]>([
    ['tune', 'there is no schedule. Try: -f schedule.yaml; or --qdisc fq; or --class and --gate; or --undo'],
    ['tune --qdisc fq', 'it is not said which interface. Try: --dev eth1\n'],
    ['tune --undo', 'it is not said which interface. Try: --dev eth1\n'],
    ['tune show', 'it is not said which interface. Try: --dev eth1\n'],
    [
      `tune -f ${join(EXAMPLES, 'gates.yaml')}`,
      `it is not said which interface. Try: --dev eth1; or dev: eth1 in ${join(EXAMPLES, 'gates.yaml')}\n`,
    ],
    [
      'tune -f x --qdisc fq',
      '--file and --qdisc: a schedule comes from one or the other. Try: -f x alone, with qdisc in it',
    ],
    [
      'tune -f /none',
      '/none: no such file or directory. Try: a file that exists and can be read; - is standard input',
    ],
    ['tune --class a --dev x', '--class a has no name and value. Try: --class control=6-7'],
    ['tune --class a=1 --gate b --dev x', '--gate b has no name and value. Try: --gate control=200us'],
    ['tune --class a=1 --etf b=1us --dev x', '--etf b: there is no such class. Try: --class b=5'],
    [
      'tune --class a=1-99 --dev x',
      '--class a=1-99: "1-99" is no priority. Try: numbers from 0 to 15, and ranges of them: 0-2,5',
    ],
    ['tune --class a=1@x --dev x', '--class a=1@x: "x" is no range of TX queues. Try: how many: 2;'],
    ['tune --class a=1 --etf a=1 --dev x', '--etf a=1: 1 has no unit. Try: 1us, or 1ns'],
    [
      'tune --class a=1 --class a=2 --gate a=1ms --gate b=1ms --dev x',
      '--class a=2: there are two classes a; --gate b=1ms: there is no class b. Try: one of a; all; none',
    ],
    ['tune --qdisc prio --dev x', 'prio needs classes. Try: --class control=6-7\n'],
    [
      'tune --qdisc taprio --dev x',
      'taprio needs classes; taprio needs gates. Try: --class control=6-7; --gate control=200us; or streams, ',
    ],
    [
      'tune --qdisc fq --class a=1 --dev x',
      '--class: fq has no classes. Try: --qdisc taprio, mqprio or prio',
    ],
    ['tune --qdisc cbs --dev x', 'cbs needs settings. Try: -f FILE, with cbs: {idleSlope: 20Mbit}'],
    ['tune --base-time 3 --qdisc fq --dev x', '--base-time 3: 3 has no unit. Try: 3us, or 3ns'],
    ['tune --cycle 3ms --dev x', 'there is no schedule. Try: -f schedule.yaml; or --qdisc fq; or '],
    [
      'tune --qdisc fq --dev x --netns',
      "option '--netns <namespace>' argument missing. Try: tsnctl tune --help",
    ],
    ['tune import /none', '/none: no such file or directory'],
  ])('refuses `%s` with exit code 2', async (line, message) => {
    expect(await cli.run(line.split(' '))).toBe(2);
    expect(cli.stderr).toContain(`tsnctl: ${message}`);
  });

  it('imports what tc has', async () => {
    const commands =
      'tc qdisc replace dev eth0 root taprio num_tc 2 map 0 1 queues 1@0 1@1 sched-entry S 01 5000 sched-entry S 02 7000 clockid CLOCK_TAI\n';
    expect(await cli.run(['tune', 'import', file(commands)])).toBe(0);
    const imported = cli.stdout;
    expect(imported).toContain('priorities: 0,2-15\n');
    expect(await check(imported, '-o', 'json')).toBe(0);
    expect(JSON.parse(cli.stdout).commands).toEqual([
      'tc qdisc replace dev eth0 root handle 100: taprio num_tc 2 map 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 queues 1@0 1@1 base-time 0 sched-entry S 01 5000 sched-entry S 02 7000 clockid CLOCK_TAI',
    ]);
  });

  it('refuses what is not of tc', async () => {
    expect(await cli.run(['tune', 'import', file('ip link\n')])).toBe(2);
    expect(cli.stderr).toContain(
      'tc command, word 1, after "": "ip" is not tc. Try: a command as tc qdisc takes it',
    );
  });
});

describe('docs/schedule.md', () => {
  const page = readFileSync(join(CHECKOUT, 'docs/schedule.md'), 'utf8');

  it('tells of every example', () => {
    for (const name of readdirSync(EXAMPLES)) expect(page).toContain(`examples/schedules/${name}`);
  });

  it('shows the first of them, and its drawing', async () => {
    const example = join(EXAMPLES, 'gates.yaml');
    const [, yaml] = /```yaml\n([^`]*)```/.exec(page) ?? [];
    expect(readFileSync(example, 'utf8')).toContain(yaml);
    await cli.run(['tune', 'check', example]);
    const [, drawing] = /```\n(taprio[^`]*)```/.exec(page) ?? [];
    expect(cli.stdout).toContain(drawing);
  });

  it('names every finding', () => {
    const rules = join(CHECKOUT, 'packages/schedule/src/rules');
    const codes = readdirSync(rules).flatMap((name) => [
      ...readFileSync(join(rules, name), 'utf8').matchAll(
        /code: (?:never \? )?'([A-Z_]+)'(?: : '([A-Z_]+)')?/g,
      ),
    ]);
    expect(codes.length).toBeGreaterThan(25);
    for (const [, ...names] of codes)
      for (const name of names) if (name) expect(page).toContain(`\`${name}\``);
  });
});
