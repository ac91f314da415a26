import type { Sender } from 'rhea';
import { egress, type Egress } from './egress.ts';
import type { EntityAddress } from './entity-address.ts';
import type { HubRegistry } from './hub-registry.ts';
import { admit, type Contender } from './owner-levels.ts';
import { refusals } from './refusal.ts';
import { parseStartPosition } from './start-position.ts';
import type { Traffic } from './traffic.ts';

const SELECTOR = 'apache.org:selector-filter:string';

type GroupPartition = Extract<EntityAddress, { kind: 'group-partition' }>;

interface Holder extends Contender {
  readonly sender: Sender;
  readonly egress: Egress;
}

/** All receivers of the server, and which of them hold which partition of which consumer group. */
export interface Receivers {
  /** Serves an attaching receiver, or refuses it. The partition must exist. */
  open(sender: Sender, entity: GroupPartition): void;
  /** Forgets the receivers to which this applies: their link, session or connection is gone. */
  closeAll(applies: (sender: Sender) => boolean): void;
}

function selectorOf(sender: Sender): string | undefined {
  const filter: unknown = sender.source?.filter?.[SELECTOR];
  if (typeof filter === 'object' && filter !== null && 'value' in filter) return String(filter.value);
  return typeof filter === 'string' ? filter : undefined;
}

function contender(sender: Sender): Contender {
  const name: unknown = sender.properties?.['com.microsoft:receiver-name'];
  const level: unknown = sender.properties?.['com.microsoft:epoch'];
  return {
    name: typeof name === 'string' ? name : sender.name,
    level: level === undefined || level === null ? undefined : Number(level),
  };
}

/** No receivers yet. */
export function createReceivers(hubs: HubRegistry, traffic: Traffic): Receivers {
  const holders = new Map<string, Set<Holder>>();

  const forget = (key: string, holder: Holder): void => {
    const group = holders.get(key);
    group?.delete(holder);
    if (group?.size === 0) holders.delete(key);
  };
  return {
    open(sender, entity) {
      const log = hubs.log(entity);
      const selector = selectorOf(sender);
      const start = parseStartPosition(selector);
      if (log === undefined || start === undefined) return sender.close(refusals.badSelector(selector ?? ''));
      const key = `${entity.hub}/${entity.consumerGroup}/${entity.partition}`.toLowerCase();
      const newcomer = contender(sender);
      const admission = admit([...(holders.get(key) ?? [])], newcomer);
      if (!admission.admitted) return sender.close(admission.reason);
      for (const { holder, reason } of admission.stolenFrom) {
        holder.egress.stop(reason);
        forget(key, holder);
      }
      const holder: Holder = { ...newcomer, sender, egress: egress(sender, log, start, traffic) };
      holders.set(key, (holders.get(key) ?? new Set()).add(holder));
      sender.once('sender_close', () => {
        holder.egress.stop();
        forget(key, holder);
      });
    },
    closeAll(applies) {
      for (const [key, group] of holders) {
        for (const holder of group) {
          if (!applies(holder.sender)) continue;
          holder.egress.stop();
          forget(key, holder);
        }
      }
    },
  };
}
