import { createHmac, timingSafeEqual } from 'node:crypto';

/** Names of shared access keys, and their secrets. */
export type AccessKeys = Readonly<Record<string, string>>;

/** What a token was found to be: good for all below `resource` until `expiresAt` (ms), or not good, and why. */
export type TokenCheck =
  | { readonly valid: true; readonly resource: string; readonly expiresAt: number }
  | { readonly valid: false; readonly reason: string };

/** The path of an audience or of a link's address, in lower case and without slashes at its ends. */
export function resourcePath(audience: string): string {
  return audience
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .replace(/^\/+|\/+$/g, '')
    .toLowerCase();
}

/** Whether a token for `resource` is good for `path`: for itself and all below it, by whole segments. */
export function covers(resource: string, path: string): boolean {
  return resource === '' || path === resource || path.startsWith(`${resource}/`);
}

const refused = (reason: string): TokenCheck => ({ valid: false, reason });

/**
 * Checks a shared access signature: `SharedAccessSignature sr=<resource>&sig=<signature>&se=<expiry, s>&skn=<key's name>`, whose
 * signature is the base64 of HMAC-SHA-256 over `<sr as sent>\n<se>` with the key's secret as bytes.
 *
 * @see https://learn.microsoft.com/azure/event-hubs/authenticate-shared-access-signature
 */
export function checkToken(token: string, keys: AccessKeys, now: number): TokenCheck {
  const [scheme, text] = token.split(' ', 2);
  if (scheme !== 'SharedAccessSignature' || text === undefined) return refused('the token is no shared access signature');
  const fields = new Map(
    text.split('&').map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  const sr = fields.get('sr');
  const se = fields.get('se');
  const sig = fields.get('sig');
  const skn = fields.get('skn');
  if (sr === undefined || se === undefined || sig === undefined || skn === undefined)
    return refused('the token lacks one of sr, sig, se and skn');
  let name: string;
  let signature: Buffer;
  let resource: string;
  try {
    name = decodeURIComponent(skn);
    signature = Buffer.from(decodeURIComponent(sig), 'base64');
    resource = resourcePath(decodeURIComponent(sr));
  } catch {
    return refused('the token is not URL-encoded');
  }
  const secret = Object.hasOwn(keys, name) ? keys[name] : undefined;
  if (secret === undefined) return refused(`there is no key '${name}'`);
  const expected = createHmac('sha256', secret).update(`${sr}\n${se}`).digest();
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
    return refused('the signature does not match');
  const expiresAt = Number(se) * 1000;
  if (!/^\d+$/.test(se) || expiresAt <= now) return refused('the token has expired');
  return { valid: true, resource, expiresAt };
}
