/** Another writer has claimed the partition, or has moved its offset: nothing of the batch was written. Read the position again. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** The database was migrated by newer code than this; the remedy is to run that code. */
export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError';
}

/** A cursor that no page of this report has handed out. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

/** No booking, payment or other row is at fault but the database itself is away, starting, or short of something: try again later. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

/** The database will not take the rows of a batch (a value out of its range, say); a retry ends the same way. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
