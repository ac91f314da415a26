import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** A heading in the document under which routes are listed by `schema.tags`. */
export interface Tag {
  readonly name: string;
  readonly description: string;
}

/** The heading of the routes that every service has. */
export const OPERATIONS: Tag = { name: 'operations', description: 'Health, readiness and metrics, as every service has them' };

const referencesIn = (node: unknown): string[] => {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value.slice(value.lastIndexOf('/') + 1)] : referencesIn(value),
  );
};

/** zod's registry is global, so every schema with an id anywhere in the process lands in the document: drop those it never uses. */
const dropStrays = (schemas: Record<string, unknown>, roots: unknown): void => {
  const used = new Set<string>();
  const queue = referencesIn(roots);
  for (const name of queue) {
    if (used.has(name)) continue;
    used.add(name);
    queue.push(...referencesIn(schemas[name]));
  }
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name];
};

/** Settings of @fastify/swagger for an OpenAPI 3.1 document drawn from the zod schemas of the routes. */
export const openApiSettings = (
  info: { readonly title: string; readonly description: string; readonly version: string },
  tags: readonly Tag[],
): FastifyDynamicSwaggerOptions => ({
  openapi: { openapi: '3.1.0', info, tags: [...tags, OPERATIONS] },
  transform: jsonSchemaTransform,
  transformObject: (input) => {
    const document = jsonSchemaTransformObject(input);
    if ('components' in document) dropStrays(document.components?.schemas ?? {}, document.paths);
    return document;
  },
});
