import { asyncApiDocument } from './asyncapi.ts';
import { catalogueText } from './catalogue.ts';

/** The documents that are generated from the contracts, by their path in the repository. */
export const documents: Readonly<Record<string, () => string>> = {
  'docs/asyncapi.json': () => `${JSON.stringify(asyncApiDocument(), null, 2)}\n`,
  'docs/contracts.md': catalogueText,
};
