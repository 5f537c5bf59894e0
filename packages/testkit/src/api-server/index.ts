export { ApiServer, type Served } from './api-server.ts';
export { checkCustom, withDefaults } from './check-custom.ts';
export { checkPublished } from './check-published.ts';
export { checkStructural } from './check-structural.ts';
export type { Issue } from './issue.ts';
export type { Rights } from './rights.ts';
export { StatusError } from './status-error.ts';
export type { Stored } from './store.ts';
