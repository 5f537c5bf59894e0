/** Names of values that may be secret. Lists, numbers of priorities and the like are never named so. */
const SECRET = String.raw`[\w.-]*(?:password|passwd|passphrase|secret|token|credential|api[_-]?key|private[_-]?key|auth(?:orization)?|certificate[_-](?:authority[_-])?data|client[_-]key[_-]data)[\w.-]*`;

const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g, '(left out: PEM)'],
  // "key": "value", in JSON, and in JSON within a string
  [new RegExp(String.raw`("${SECRET}"\s*:\s*)"(?:[^"\\]|\\.)*"`, 'gi'), '$1"(left out)"'],
  [new RegExp(String.raw`(\\"${SECRET}\\"\s*:\s*)\\"[^"\\]*\\"`, 'gi'), '$1\\"(left out)\\"'],
  // key: value and key=value, in YAML, arguments and environment
  [new RegExp(String.raw`^(\s*(?:-\s+)?${SECRET}\s*[:=]\s*)(?!\(left out)\S.*$`, 'gim'), '$1(left out)'],
  [new RegExp(String.raw`((?:^|\s)-{0,2}${SECRET}=)(?!\(left out)\S+`, 'gi'), '$1(left out)'],
  [/\b(bearer|basic)\s+[\w.~+/-]{8,}=*/gi, '$1 (left out)'],
  [/\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g, '(left out: JWT)'],
  [/(\b[a-z][\w+.-]*:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1(left out)@'],
];

/** A text without what looks like a secret: passwords, tokens, keys. Rather too much goes than too little. Pure. */
export function redact(text: string): string {
  return rules.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
}
