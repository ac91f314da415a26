import { z } from 'zod';
import { dataschema } from './contract.ts';
import type { Contract, Version } from './contract.ts';

/** JSON Schema, as much of it as zod writes and is looked at here. */
export const jsonSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  required: z.array(z.string()).default([]),
  get properties() {
    return z.record(z.string(), jsonSchema).default({});
  },
  get items() {
    return jsonSchema.optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
  get oneOf() {
    return z.array(jsonSchema).optional();
  },
});
/** @see jsonSchema */
export type JsonSchema = z.output<typeof jsonSchema>;

/** `booking-placed.v3.json`: the file of a version, among the published schemas and among the fixtures. */
export const fileOf = (type: string, version: number): string => `${type.replaceAll('.', '-')}.v${version}.json`;

/**
 * The JSON Schema of what may be sent under a version. It says less than reading does: some rules span fields, and what reading
 * forgives (case, synonyms, offsets) is allowed.
 */
export const schemaOf = ({ schema }: Version, { descriptions }: { readonly descriptions: boolean }): object =>
  z.toJSONSchema(schema, {
    io: 'input',
    override({ jsonSchema: written }) {
      if (!descriptions) delete written.description;
    },
  });

/** The published form of a version, byte for byte: its schema without the words for people, which may still be improved. */
export const publishedForm = ({ type }: Pick<Contract<unknown>, 'type'>, version: Version): string => {
  const { $schema, ...schema } = z.looseObject({ $schema: z.string() }).parse(schemaOf(version, { descriptions: false }));
  const document = { $schema, $id: dataschema(type, version.version), title: `${type} ${version.version}`, ...schema };
  return `${JSON.stringify(document, null, 2)}\n`;
};
