import { TsnctlError } from '@tsnctl/codec';

/** What the API server has refused, or that it could not be reached. */
export class KubeError extends TsnctlError {
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;

  constructor(status: number, what: string, said: string, cause?: unknown) {
    const isAnswer = status > 0;
    super(
      isAnswer ? 'API_REFUSED' : 'API_UNREACHABLE',
      isAnswer ? `the API server refuses to ${what}: ${said}` : `the API server does not answer: ${said}`,
      {
        hint: hintFor(status, said),
        ...(cause !== undefined && { cause }),
      },
    );
    this.status = status;
  }
}

function hintFor(status: number, said: string): string {
  // An apply of a field that the cluster does not know is answered by 500.
  const known = said.startsWith('failed to create typed patch object') ? HINTS[400] : HINTS[status];
  return known ?? 'kubectl get --raw /readyz shows how it is';
}

const HINTS: Readonly<Record<number, string>> = {
  0: 'kubectl cluster-info shows where it should be; --kubeconfig FILE, --context NAME for another one',
  400: 'a newer tsnctl, or an older cluster than it knows: tsnctl version, kubectl version',
  401: 'log in again; in a pod, the token of its service account has expired',
  403: 'kubectl auth can-i --list shows what you may do; kubectl apply -f deploy.yaml renews the rights of the agents',
  404: 'kubectl apply -f deploy.yaml, which brings our kinds: kubectl get crd tsnpolicies.tsnctl.dev',
  409: 'the same again; somebody else has changed it meanwhile',
  422: 'mend what is named; kubectl explain tsnpolicy.spec says what is allowed',
  429: 'it has too much to do: the same again, later',
};
