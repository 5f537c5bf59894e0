import { array, pad, type SizedCodec, struct, u8, u32, u64 } from '@tsnctl/codec';
import { addressOf } from '@tsnctl/linux';

/** The address of a buffer, which `bpf` keeps alive during the call; null is NULL, and what is read back. */
const pointer: SizedCodec<ArrayBufferView | null> = {
  size: 8,
  align: 8,
  read: (reader) => {
    reader.advance(8);
    return null;
  },
  write: (writer, value) => u64.write(writer, value === null ? 0n : addressOf(value)),
};

// The members of union bpf_attr that are used here, and what OBJ_GET_INFO_BY_FD answers: linux/bpf.h.

export const elementAttr = struct({ mapFd: u32, _pad: pad(4), key: pointer, value: pointer, flags: u64 });

export const batchAttr = struct({
  inBatch: pointer,
  outBatch: pointer,
  keys: pointer,
  values: pointer,
  count: u32,
  mapFd: u32,
  elemFlags: u64,
  flags: u64,
});

/** The members of BPF_MAP_CREATE. */
export const mapCreateAttr = struct({
  mapType: u32,
  keySize: u32,
  valueSize: u32,
  maxEntries: u32,
  mapFlags: u32,
  innerMapFd: u32,
  numaNode: u32,
  mapName: array(u8, 16),
  mapIfindex: u32,
  btfFd: u32,
  btfKeyTypeId: u32,
  btfValueTypeId: u32,
  btfVmlinuxValueTypeId: u32,
  mapExtra: u64,
});

/** The members of BPF_PROG_LOAD that are used here. */
export const progLoadAttr = struct({
  progType: u32,
  insnCount: u32,
  insns: pointer,
  license: pointer,
  logLevel: u32,
  logSize: u32,
  logBuf: pointer,
  kernVersion: u32,
  progFlags: u32,
  progName: array(u8, 16),
  progIfindex: u32,
  expectedAttachType: u32,
});

/** BPF_BTF_LOAD. */
export const btfLoadAttr = struct({
  btf: pointer,
  logBuf: pointer,
  btfSize: u32,
  logSize: u32,
  logLevel: u32,
  _pad: pad(4),
});

export const pinAttr = struct({ pathname: pointer, bpfFd: u32, fileFlags: u32 });

export const idAttr = struct({ id: u32, nextId: u32, openFlags: u32 });

export const infoAttr = struct({ bpfFd: u32, infoLen: u32, info: pointer });

export const testRunAttr = struct({
  progFd: u32,
  retval: u32,
  dataSizeIn: u32,
  dataSizeOut: u32,
  dataIn: pointer,
  dataOut: pointer,
  repeat: u32,
  durationNs: u32,
  ctxSizeIn: u32,
  ctxSizeOut: u32,
  ctxIn: pointer,
  ctxOut: pointer,
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
  progIds: pointer,
  count: u32,
  _pad: pad(4),
  progAttachFlags: pointer,
  linkIds: pointer,
  linkAttachFlags: pointer,
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

export const mapFreezeAttr = struct({ mapFd: u32 });

export const linkDetachAttr = struct({ linkFd: u32 });

const name16 = array(u8, 16);

export const progInfo = struct({
  type: u32,
  id: u32,
  tag: array(u8, 8),
  jitedLength: u32,
  translatedLength: u32,
  jited: pointer,
  translated: pointer,
  loadTime: u64,
  createdByUid: u32,
  mapCount: u32,
  mapIds: pointer,
  name: name16,
  _more: pad(48), // from ifindex to jited_func_lens
  btfId: u32,
  _rest: pad(60), // from func_info_rec_size to prog_tags
  runTimeNs: u64,
  runCount: u64,
});

/** `type` is an enum bpf_stats_type; 0 is the run time. */
export const enableStatsAttr = struct({ type: u32 });

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

/** The first two words of what is special about a type of links: for tcx and netkit the interface and the hook. */
export const linkInfo = struct({
  type: u32,
  id: u32,
  progId: u32,
  _pad: pad(4),
  first: u32,
  second: u32,
});

export const btfInfo = struct({
  btf: pointer,
  btfSize: u32,
  id: u32,
  name: pointer,
  nameLen: u32,
  kernelBtf: u32,
});
