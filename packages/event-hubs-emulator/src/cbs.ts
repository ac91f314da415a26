import type { Access } from './access.ts';
import { parseEntityAddress } from './entity-address.ts';
import type { HubRegistry } from './hub-registry.ts';
import { refusals } from './refusal.ts';
import type { Request, Response } from './request-response.ts';

/**
 * Answers a claims-based-security request (`put-token`). The entity that a token is for must exist, since the SDKs ask here first
 * and do not retry when told so. A partition is left to the attach, whose error says more.
 */
export function putToken(hubs: HubRegistry, access: Access, { properties, body }: Request): Response {
  const { operation, name } = properties;
  if (operation !== 'put-token' || typeof name !== 'string') {
    return {
      status: 400,
      refusal: { condition: 'amqp:not-implemented', description: `'${String(operation)}' is no operation of $cbs with a name` },
    };
  }
  const entity = parseEntityAddress(name);
  const refusal = entity === undefined ? refusals.entityNotFound(name) : hubs.missing(entity, name);
  if (refusal?.condition === 'amqp:not-found') return { status: 404, refusal };
  const unauthorized = access.put(name, body);
  return unauthorized === undefined ? { status: 202 } : { status: 401, refusal: unauthorized };
}
