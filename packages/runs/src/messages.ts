import type { OutgoingMessage } from '@boxoffice/hubs';
import { partitionForKey } from '@boxoffice/partition-key';
import type { Send } from '@boxoffice/scenario';
import { eventContentType, packEvents, writeEvent } from '@boxoffice/schemas';
import type { MessageBody } from '@boxoffice/schemas';

/** Bytes that are no document travel as what they pretend to be. */
const alone = (content: Send['content']): MessageBody =>
  content instanceof Uint8Array ? { body: content, contentType: eventContentType } : writeEvent(content);

/** What goes to one partition, in order, as few messages as packing allows. What is no document cannot be packed, and parts those around it. */
const packed = (contents: readonly Send['content'][], packing: number): MessageBody[] => {
  const messages: MessageBody[] = [];
  let waiting: object[] = [];
  const flush = () => {
    messages.push(...packEvents(waiting, { maxEvents: packing }));
    waiting = [];
  };
  for (const content of contents) {
    if (content instanceof Uint8Array) {
      flush();
      messages.push(alone(content));
    } else waiting.push(content);
  }
  flush();
  return messages;
};

/**
 * The messages for what is to be sent, each to the partition of its key, of `partitions`; those of one partition in order, and up
 * to `packing` documents in one.
 */
export const messagesOf = (
  sends: readonly Pick<Send, 'key' | 'content'>[],
  { packing, partitions }: { readonly packing: number; readonly partitions: number },
): OutgoingMessage[] => {
  const byPartition = Array.from({ length: partitions }, (): Send['content'][] => []);
  for (const { key, content } of sends) byPartition[partitionForKey(key, partitions)]?.push(content);
  return byPartition.flatMap((contents, partition) => {
    const messages = packing === 1 ? contents.map(alone) : packed(contents, packing);
    return messages.map(({ body, contentType }) => ({ body, contentType, partition }));
  });
};
