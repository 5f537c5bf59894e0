export {
  AGENT_SOCKET,
  type AgentReply,
  encodeReply,
  encodeRequest,
  LIMITS,
  type MessageReader,
  replyReader,
  requestReader,
} from './agent-protocol.ts';
export { OUR_TYPE } from './chain/list-text.ts';
export type {
  ChainFinding,
  ChainFindingCode,
  ChainPlan,
  ChainStep,
  ChainWay,
  ConfDir,
  ConfFile,
  RuntimeTraits,
  WantedChain,
} from './chain/model.ts';
export { type OnAgentDown, type OurSettings, ourConfig, POD_ANNOTATIONS } from './chain/our-config.ts';
export { ownListName } from './chain/own-list.ts';
export { type Candidate, isConfName, type Picked, pickNetwork } from './chain/pick.ts';
export { DROP_IN_NAME, planChainInstall, planChainRemove, planChainRepair } from './chain/plan.ts';
export {
  type ConfDirs,
  confDirs,
  DEFAULT_DIRS,
  type RuntimeConfigFile,
  type RuntimeName,
} from './conf-dirs.ts';
export {
  type ConfigList,
  type PluginConfig,
  parseConfigFile,
  parseConfigList,
  parsePluginConfig,
  parseSingleConfig,
  requestConfig,
  withDropIns,
} from './config.ts';
export { DISTRIBUTIONS, type Distribution } from './distributions.ts';
export {
  COMMANDS,
  type Command,
  type Environment,
  readEnvironment,
  writeEnvironment,
} from './environment.ts';
export { CNI_CODES, type CniCodeName, CniError, errorJson, readError, toCniError } from './error.ts';
export type { Json, JsonObject } from './json-type.ts';
export { checkContainerId, checkIfname, checkNetworkName } from './names.ts';
export {
  type Attachment,
  definePlugin,
  type GcRequest,
  MAX_STDIN_BYTES,
  type Plugin,
  type PluginCall,
  type PluginHandlers,
  type PluginIo,
  type PluginReply,
  type PluginRequest,
} from './plugin.ts';
export {
  convertResult,
  type Interface,
  type IpConfig,
  interfacesOf,
  ipsOf,
  parseResult,
  type Result,
  type Route,
  routesOf,
} from './result.ts';
export { type Chain, type ChainAttachment, type ChainOptions, type Exec, runChain } from './run-chain.ts';
export {
  atLeast,
  CNI_VERSIONS,
  type CniVersion,
  checkVersion,
  compareVersions,
  selectVersion,
} from './version.ts';
