import type { LabelSelector } from '../crd/fields.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether a selector takes in these labels, as the API server has it. An empty one takes in everything. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Labels = {},
): boolean {
  const equal = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    matchExpressions.every(({ key, operator, values = [] }) => operators[operator](labels[key], values))
  );
}

const operators: Readonly<
  Record<
    NonNullable<LabelSelector['matchExpressions']>[number]['operator'],
    (value: string | undefined, values: readonly string[]) => boolean
  >
> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
};
