export { type ConfigKey, configKeys, renderConfigKeys } from './describe-config.ts';
export { policyOf } from './policy-of.ts';
export { defaultConfig, parseConfig, readConfig } from './read-config.ts';
export { CONFIG_FILE, type Config, type ConfiguredPolicy, configSchema } from './schema.ts';
export { configVersion, type WatchConfigOptions, watchConfig } from './watch-config.ts';
