import { randomInt } from 'node:crypto';
import rhea, { type Receiver } from 'rhea';
import { desires, IDEMPOTENT_PRODUCER } from './capabilities.ts';
import type { PartitionLog } from './partition-log.ts';
import { ProducerProperty } from './publication.ts';
import type { Refusal } from './refusal.ts';
import { answerAttach } from './rhea-internals.ts';

// Ids are given out at random, so none has to be remembered; the SDKs read them into numbers of 53 bits.
const MOST_ID = 2 ** 48 - 1;

function numberIn(properties: unknown, name: string): number | undefined {
  if (typeof properties !== 'object' || properties === null) return undefined;
  const value: unknown = Reflect.get(properties, name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Answers a sending link that wants its repetitions suppressed: who it is, and the number of its last event. A producer that says
 * which number was its last is believed: it may have lost the acknowledgement of a later batch, and will send that again under the
 * same numbers. A link that does not ask is left alone.
 */
export function admitProducer(receiver: Receiver, log: PartitionLog): Refusal | undefined {
  if (!desires(receiver, IDEMPOTENT_PRODUCER)) return undefined;
  const { properties } = receiver;
  const id = numberIn(properties, ProducerProperty.id) ?? randomInt(1, MOST_ID);
  const epoch = numberIn(properties, ProducerProperty.epoch) ?? log.producers.find(id)?.epoch ?? 0;
  const state = log.producers.begin(id, epoch);
  if ('condition' in state) return state;
  const last = numberIn(properties, ProducerProperty.sequence) ?? state.last;
  answerAttach(receiver, {
    offered_capabilities: [IDEMPOTENT_PRODUCER],
    properties: {
      [ProducerProperty.id]: rhea.types.wrap_long(id),
      [ProducerProperty.epoch]: rhea.types.wrap_short(epoch),
      [ProducerProperty.sequence]: rhea.types.wrap_int(last),
    },
  });
  return undefined;
}
