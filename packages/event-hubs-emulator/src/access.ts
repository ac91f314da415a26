import { checkToken, covers, resourcePath, type AccessKeys } from './access-keys.ts';
import type { Refusal } from './refusal.ts';
import { refusals } from './refusal.ts';

/** What one connection may touch: the sum of the tokens it has put. */
export interface Access {
  /** Takes a token for an audience, or says why not. */
  put(audience: string, token: unknown): Refusal | undefined;
  /** Why a link to this address is refused; undefined when a token covers it. */
  refusal(address: string): Refusal | undefined;
}

/** A server without keys takes every token, and links without one. */
const open: Access = { put: () => undefined, refusal: () => undefined };

/** The access of a new connection: none until it puts a token. `clock` tells the time in ms. */
export function createAccess(keys: AccessKeys | undefined, clock: () => number): Access {
  if (keys === undefined) return open;
  const granted = new Map<string, number>();
  return {
    put(audience, token) {
      const text = Buffer.isBuffer(token) ? token.toString('utf8') : String(token);
      const check = checkToken(text, keys, clock());
      if (!check.valid) return refusals.unauthorized(audience, check.reason);
      const path = resourcePath(audience);
      if (!covers(check.resource, path)) return refusals.unauthorized(audience, `the token is for '${check.resource}'`);
      granted.set(path, check.expiresAt);
      return undefined;
    },
    refusal(address) {
      const path = resourcePath(address);
      const now = clock();
      for (const [resource, expiresAt] of granted) {
        if (expiresAt > now && covers(resource, path)) return undefined;
      }
      return refusals.unauthorized(address, 'no token that covers it and is still valid was put to $cbs');
    },
  };
}
