import { isQualified } from './check-metadata.ts';
import { type Issue, isObject, type Json } from './issue.ts';

// ReportingInstanceLengthLimit and others in pkg/apis/core/validation/events.go of Kubernetes; NoteLengthLimit is of bytes.
const MOST_BYTES = { reportingInstance: 128, action: 128, reason: 128, note: 1024 } as const;

/** What the API server asks of an Event of events.k8s.io/v1 beyond its schema. */
export function checkEvent(event: Json): Issue[] {
  const { metadata, regarding, reportingController, eventTime, type } = event;
  const namespace = (metadata as Json | undefined)?.namespace;
  const about = isObject(regarding) ? regarding.namespace : undefined;
  const missing = ['eventTime', 'reportingController', 'reportingInstance', 'action', 'reason'].filter(
    (key) => (event[key] ?? '') === '',
  );
  const long = Object.entries(MOST_BYTES).filter(
    ([key, most]) => Buffer.byteLength(String(event[key] ?? '')) > most,
  );
  const isElsewhere = eventTime !== undefined && about === undefined && namespace !== 'default';
  return [
    ...missing.map((path) => ({ path, message: 'Required value' })),
    ...long.map(([key, most]) => ({
      path: key === 'note' ? 'message' : key, // its name of before
      message: `Invalid value: "": can have at most ${most} characters`,
    })),
    ...(isElsewhere
      ? [{ path: 'involvedObject.namespace', message: 'Invalid value: "": does not match event.namespace' }]
      : []),
    ...(type === 'Normal' || type === 'Warning'
      ? []
      : [{ path: 'type', message: `Invalid value: "": has invalid value: ${type}` }]),
    ...(typeof reportingController === 'string' && !isQualified(reportingController)
      ? [{ path: 'reportingController', message: `Invalid value: "${reportingController}"` }]
      : []),
  ];
}
