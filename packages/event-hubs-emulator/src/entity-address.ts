/** What a link or a token is about. `name` and `consumerGroup` are as the client wrote them; both are compared without case. */
export type EntityAddress =
  | { readonly kind: 'namespace' }
  | { readonly kind: 'cbs' }
  | { readonly kind: 'management'; readonly hub?: string }
  | { readonly kind: 'hub'; readonly hub: string }
  | { readonly kind: 'partition'; readonly hub: string; readonly partition: string }
  | { readonly kind: 'publisher'; readonly hub: string; readonly publisher: string }
  | { readonly kind: 'group'; readonly hub: string; readonly consumerGroup: string }
  | { readonly kind: 'group-partition'; readonly hub: string; readonly consumerGroup: string; readonly partition: string };

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

/** Reads the address of a link, or the path of a token's audience; undefined when it is none that Event Hubs knows. */
export function parseEntityAddress(address: string): EntityAddress | undefined {
  const path = decoded(address.replace(/^[a-z]+:\/\/[^/]*/i, ''));
  const parts = path?.replace(/^\/+|\/+$/g, '').split('/') ?? [''];
  const [hub, second, third, fourth, fifth] = parts;
  if (path === undefined || hub === undefined) return undefined;
  if (path.replaceAll('/', '') === '') return { kind: 'namespace' };
  const keyword = second?.toLowerCase();
  if (parts.length === 1 && hub === '$cbs') return { kind: 'cbs' };
  if (parts.length === 1 && hub === '$management') return { kind: 'management' };
  if (parts.length === 2 && keyword === '$management') return { kind: 'management', hub };
  if (parts.length === 1) return { kind: 'hub', hub };
  if (parts.length === 3 && keyword === 'partitions') return { kind: 'partition', hub, partition: third! };
  if (parts.length === 3 && keyword === 'publishers') return { kind: 'publisher', hub, publisher: third! };
  if (parts.length === 3 && keyword === 'consumergroups') return { kind: 'group', hub, consumerGroup: third! };
  if (parts.length === 5 && keyword === 'consumergroups' && fourth?.toLowerCase() === 'partitions') {
    return { kind: 'group-partition', hub, consumerGroup: third!, partition: fifth! };
  }
  return undefined;
}
