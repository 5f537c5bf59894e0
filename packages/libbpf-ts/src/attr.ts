import { array, pad, struct, u8, u32, u64 } from '@tsnctl/codec';

// The members of union bpf_attr that are used here, and what OBJ_GET_INFO_BY_FD answers: linux/bpf.h.

export const elementAttr = struct({ mapFd: u32, _pad: pad(4), key: u64, value: u64, flags: u64 });

export const batchAttr = struct({
  inBatch: u64,
  outBatch: u64,
  keys: u64,
  values: u64,
  count: u32,
  mapFd: u32,
  elemFlags: u64,
  flags: u64,
});

export const pinAttr = struct({ pathname: u64, bpfFd: u32, fileFlags: u32 });

export const idAttr = struct({ id: u32, nextId: u32, openFlags: u32 });

export const infoAttr = struct({ bpfFd: u32, infoLen: u32, info: u64 });

export const testRunAttr = struct({
  progFd: u32,
  retval: u32,
  dataSizeIn: u32,
  dataSizeOut: u32,
  dataIn: u64,
  dataOut: u64,
  repeat: u32,
  durationNs: u32,
  ctxSizeIn: u32,
  ctxSizeOut: u32,
  ctxIn: u64,
  ctxOut: u64,
  flags: u32,
  cpu: u32,
  batchSize: u32,
  _pad: pad(4),
});

export const queryAttr = struct({
  targetIfindex: u32,
  attachType: u32,
  queryFlags: u32,
  attachFlags: u32,
  progIds: u64,
  count: u32,
  _pad: pad(4),
  progAttachFlags: u64,
  linkIds: u64,
  linkAttachFlags: u64,
  revision: u64,
});

export const tcxLinkAttr = struct({
  progFd: u32,
  targetIfindex: u32,
  attachType: u32,
  flags: u32,
  relativeFd: u32,
  _pad: pad(4),
  expectedRevision: u64,
});

export const linkUpdateAttr = struct({ linkFd: u32, newProgFd: u32, flags: u32, oldProgFd: u32 });

export const linkDetachAttr = struct({ linkFd: u32 });

const name16 = array(u8, 16);

export const progInfo = struct({
  type: u32,
  id: u32,
  tag: array(u8, 8),
  jitedLength: u32,
  translatedLength: u32,
  jited: u64,
  translated: u64,
  loadTime: u64,
  createdByUid: u32,
  mapCount: u32,
  mapIds: u64,
  name: name16,
});

export const mapInfo = struct({
  type: u32,
  id: u32,
  keySize: u32,
  valueSize: u32,
  maxEntries: u32,
  flags: u32,
  name: name16,
  ifindex: u32,
  btfVmlinuxValueTypeId: u32,
  netnsDev: u64,
  netnsIno: u64,
  btfId: u32,
  btfKeyTypeId: u32,
  btfValueTypeId: u32,
  btfValueType2: u32,
});

export const tcxLinkInfo = struct({
  type: u32,
  id: u32,
  progId: u32,
  _pad: pad(4),
  ifindex: u32,
  attachType: u32,
});

export const btfInfo = struct({ btf: u64, btfSize: u32, id: u32, name: u64, nameLen: u32, kernelBtf: u32 });
