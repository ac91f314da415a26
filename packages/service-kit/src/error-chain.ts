const partsOf = (error: unknown): unknown[] => {
  if (error instanceof SuppressedError) return [error.error, error.suppressed];
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [];
  return error instanceof Error && error.cause !== undefined ? [...errors, error.cause] : errors;
};

/**
 * Everything that went wrong, outermost first, one `Name: message` each: causes, the members of an `AggregateError`, and both
 * halves of the `SuppressedError` that a failing `await using` makes, which ordinary serializers leave out.
 */
export const errorChain = (error: unknown): string[] => {
  const seen = new Set<unknown>();
  const visit = (current: unknown): string[] => {
    if (seen.has(current)) return [];
    seen.add(current);
    return [String(current), ...partsOf(current).flatMap(visit)];
  };
  return visit(error);
};
