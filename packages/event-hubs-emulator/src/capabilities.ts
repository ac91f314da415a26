/** The link capability that asks for what the partition's newest event is, beside every event. */
export const RUNTIME_METRICS = 'com.microsoft:enable-receiver-runtime-metric';

/** The link capability that asks for duplicate suppression. */
export const IDEMPOTENT_PRODUCER = 'com.microsoft:idempotent-producer';

/** Whether a link desires a capability; it may name one or a list. */
export function desires(link: { readonly desired_capabilities?: unknown }, wanted: string): boolean {
  const { desired_capabilities: desired } = link;
  return Array.isArray(desired) ? desired.includes(wanted) : desired === wanted;
}
