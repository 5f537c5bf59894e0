import { deepEqual, equal } from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FuzzTarget } from '../../codec/test/fuzz.ts';
import { placesIn, textAt } from '../src/chain/json-places.ts';
import { appendEntry, ourEntries, removeEntries } from '../src/chain/list-text.ts';
import {
  CNI_VERSIONS,
  confDirs,
  convertResult,
  encodeReply,
  encodeRequest,
  interfacesOf,
  ipsOf,
  type MessageReader,
  ourConfig,
  parseConfigList,
  parseResult,
  replyReader,
  requestConfig,
  requestReader,
  routesOf,
  selectVersion,
} from '../src/index.ts';
import { parseJson } from '../src/json.ts';
import { config, goodEnv } from './malformed.ts';

export const crashers = new URL('../testdata/crashers/', import.meta.url);

const cwd = fileURLToPath(new URL('../testdata/lists/', import.meta.url));
const lists = globSync('*/*.conflist', { cwd })
  .sort()
  .map((name) => new Uint8Array(readFileSync(`${cwd}${name}`)));

const richResult = {
  cniVersion: '1.1.0',
  interfaces: [{ name: 'eth0', mac: '0a:58:0a:f4:00:05', mtu: 1500, sandbox: '/run/netns/blue' }],
  ips: [{ interface: 0, address: '2001:db8:1::5/64', gateway: '2001:db8:1::1' }],
  routes: [{ dst: '0.0.0.0/0', gw: '198.18.1.1', priority: 100 }],
  dns: {},
};

const containerdConfigs = [
  'version = 2\nimports = ["conf.d/*.toml"]\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/opt/cni/bin"\n',
  'version = 3\n[plugins."io.containerd.cri.v1.runtime".cni]\nbin_dirs = ["/a", "/b"]\nconf_dir = "/etc/cni/net.d"\nmax_conf_num = 1\n',
  '[plugins.cri.containerd.runtimes.kata]\ncni_conf_dir = "/etc/kata"\n',
];
const crioConfigs = [
  '[crio.network]\nnetwork_dir = "/etc/cni/net.d/"\nplugin_dirs = ["/opt/cni/bin"]\ncni_default_network = "pods"\n',
];

export const targets: readonly FuzzTarget[] = [
  {
    name: 'request',
    share: 4_000,
    seeds: [{ ...goodEnv }, { CNI_COMMAND: 'GC' }].map((env) => encodeRequest({ env, stdin: bytes('{}') })),
    run: useRequest,
  },
  {
    name: 'reply',
    share: 2_000,
    seeds: [0, 1].map((exitCode) => encodeReply({ exitCode, stdout: bytes('{"code":11}') })),
    run: useReply,
  },
  { name: 'configList', share: 2_000, seeds: lists, run: useList },
  { name: 'listText', share: 2_000, seeds: lists, run: useListText },
  {
    name: 'result',
    share: 2_000,
    seeds: [{}, richResult].map((prevResult) => bytes(config({ prevResult }))),
    run: useResult,
  },
  {
    name: 'containerdConfig',
    share: 1_000,
    seeds: containerdConfigs.map(bytes),
    run: (input) => confDirs('containerd', [{ file: 'config.toml', text: textOf(input) }]),
  },
  {
    name: 'crioConfig',
    share: 1_000,
    seeds: crioConfigs.map(bytes),
    run: (input) => confDirs('cri-o', [{ file: 'crio.conf', text: textOf(input) }]),
  },
];

/** However it comes in pieces, it is the same; and what was read is sent as it was. */
function useRequest(input: Uint8Array): void {
  const call = inPieces(requestReader(), input, 5);
  deepEqual(inPieces(requestReader(), encodeRequest(call), input.length), call);
}

function useReply(input: Uint8Array): void {
  const reply = inPieces(replyReader(), input, 5);
  deepEqual(inPieces(replyReader(), encodeReply(reply), input.length), reply);
}

function useList(input: Uint8Array): void {
  const list = parseConfigList(textOf(input));
  const version = selectVersion(list);
  for (const plugin of list.plugins) JSON.stringify(requestConfig({ ...list, cniVersion: version }, plugin));
}

/** What is found by bytes is what JSON.parse finds, and our entry goes without a trace. */
function useListText(input: Uint8Array): void {
  const text = textAt(input, placesIn(input));
  deepEqual(JSON.parse(text), parseJson(textOf(input), 'the list'));
  if (ourEntries(input).count === 0 || ourEntries(input).indices.length > 0) return;
  const chained = appendEntry(input, ourConfig());
  equal(ourEntries(chained).indices.length, 1);
  deepEqual(Buffer.from(removeEntries(chained)), Buffer.from(input));
}

/** In each version it is a result again, and nothing that it has throws. */
function useResult(input: Uint8Array): void {
  const { prevResult } = parseJson(textOf(input), 'stdin') as { prevResult?: never };
  const result = parseResult(prevResult, '1.0.0');
  for (const version of CNI_VERSIONS) {
    const converted = convertResult(result, version).result;
    parseResult(converted, version);
    for (const part of [interfacesOf, ipsOf, routesOf]) part(converted).map((item) => JSON.stringify(item));
  }
}

function inPieces<T>(reader: MessageReader<T>, message: Uint8Array, size: number): T {
  for (let at = 0; at < message.length; at += size) {
    const read = reader.push(message.subarray(at, at + size));
    if (read !== undefined) return read;
  }
  return reader.end();
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(input: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
}
