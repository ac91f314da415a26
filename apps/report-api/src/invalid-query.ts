import { Problem } from '@boxoffice/service-kit';
import type { FieldFault } from '@boxoffice/service-kit';

/** The 400 for query parameters that are well-formed one by one and still cannot be used; `faults` maps name to message. */
export const invalidQuery = (faults: Readonly<Record<string, string>>): Problem => {
  const errors = Object.entries(faults).map(([name, message]): FieldFault => ({ in: 'querystring', path: `/${name}`, message }));
  const detail =
    errors.length === 1 ? 'A field of the request is not valid' : `${errors.length} fields of the request are not valid`;
  return new Problem({ status: 400, detail, extensions: { errors } });
};
