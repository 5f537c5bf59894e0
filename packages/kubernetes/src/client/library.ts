// What we use of the client, one by one: so the bundle has that, and not the models of all kinds.
export {
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  ListWatch,
  RequestContext,
  Watch,
} from '@kubernetes/client-node';
