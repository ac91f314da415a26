import type { Refusal } from './refusal.ts';

/** A receiver of one partition and consumer group. `level` is the SDKs' owner level, AMQP's epoch; undefined for one that shares. */
export interface Contender {
  readonly name: string;
  readonly level: number | undefined;
}

/** What happens when a receiver arrives: it is refused, or it comes in and those who hold the partition lose it, with this reason. */
export type Admission<T extends Contender> =
  | { readonly admitted: true; readonly stolenFrom: readonly { readonly holder: T; readonly reason: Refusal }[] }
  | { readonly admitted: false; readonly reason: Refusal };

/** So many receivers without an owner level may share a partition within a consumer group, as in Azure. */
export const MOST_SHARING = 5;

/**
 * Decides over a newcomer. A receiver with an owner level takes the partition from all whose level is not higher, equal ones and
 * those without included; one without a level comes in only where nobody has one, and only to {@link MOST_SHARING} of its kind.
 */
export function admit<T extends Contender>(holders: readonly T[], newcomer: Contender): Admission<T> {
  const { name, level } = newcomer;
  const owner = holders.reduce<T | undefined>((top, one) => ((one.level ?? -1) > (top?.level ?? -1) ? one : top), undefined);
  if (level === undefined) {
    if (owner !== undefined) {
      const description = `At least one receiver for the endpoint is created with epoch of '${owner.level}', and so non-epoch receiver '${name}' is not allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are closed or disconnected.`;
      return { admitted: false, reason: { condition: 'amqp:link:stolen', description } };
    }
    if (holders.length >= MOST_SHARING) {
      const description = `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${MOST_SHARING}.`;
      return { admitted: false, reason: { condition: 'amqp:resource-limit-exceeded', description } };
    }
    return { admitted: true, stolenFrom: [] };
  }
  if (owner?.level !== undefined && level < owner.level) {
    const description = `Receiver '${owner.name}' with a higher epoch of '${owner.level}' already exists. Receiver '${name}' with epoch of '${level}' cannot be created. Make sure you are creating receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or disconnected.`;
    return { admitted: false, reason: { condition: 'amqp:link:stolen', description } };
  }
  const stolenFrom = holders.map((holder) => {
    const description = `New receiver '${name}' with higher epoch of '${level}' is created hence current receiver '${holder.name}' with epoch '${holder.level ?? 0}' is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.`;
    return { holder, reason: { condition: 'amqp:link:stolen', description } };
  });
  return { admitted: true, stolenFrom };
}
