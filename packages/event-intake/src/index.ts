import type { Publisher } from '@boxoffice/hubs';
import { readValue, writeEvent } from '@boxoffice/schemas';
import type { Contract } from '@boxoffice/schemas';
import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';

/** How far ahead an event may be; beyond it the joiner would quarantine it. */
const mostAheadMs = 300_000;

/** How long to wait for the hub before the caller is told to come again, ms; below the service's own time limit. */
const publishWithinMs = 20_000;

/**
 * Adds `POST /v1/events`: one event of `contract` from elsewhere, published as it was given once it has been found valid, with its
 * subject as partition key; 202 once the hub has acknowledged it. `what` names it for people (`booking`).
 */
export const addEventRoute = <
  Event extends { readonly id: string; readonly type: string; readonly subject: string; readonly time: string },
>(
  app: App,
  {
    publisher,
    contract,
    what,
    now = Date.now,
  }: {
    readonly publisher: Publisher;
    readonly contract: Contract<Event>;
    readonly what: string;
    readonly now?: () => number;
  },
): void => {
  app.post(
    '/v1/events',
    {
      schema: {
        tags: ['events'],
        operationId: 'postEvent',
        summary: `Publish one ${what}`,
        description:
          `A CloudEvents document of type \`${contract.type}\` in any version that is read. It is published as given, with its subject ` +
          '(the booking) as partition key, and accepted once the hub has acknowledged it. Posting it again is harmless: its `id` and ' +
          '`source` make it one.',
        body: z.looseObject({}).describe('The event'),
        response: { 202: z.object({ id: z.string(), type: z.string() }), ...problemResponses(400, 503) },
      },
    },
    async (request, reply) => {
      const reading = readValue<[Event]>(request.body, [contract]);
      if (!reading.ok) {
        const errors = reading.faults.map(({ pointer, message }) => ({ in: 'body', path: pointer, message }));
        throw new Problem({ status: 400, detail: `The event is not accepted: ${reading.reason}`, extensions: { errors } });
      }
      const { id, type, subject, time } = reading.event;
      const aheadMs = Date.parse(time) - now();
      if (aheadMs > mostAheadMs) {
        const message = `is ${aheadMs} ms ahead of the clock, expected at most ${mostAheadMs} ms`;
        const errors = [{ in: 'body', path: '/time', message }];
        throw new Problem({ status: 400, detail: 'The event is not accepted: clock-skew', extensions: { errors } });
      }
      const late = AbortSignal.timeout(publishWithinMs);
      try {
        await publisher.publish([{ ...writeEvent(request.body), key: subject }], late);
      } catch (cause) {
        if (!late.aborted) throw cause;
        throw new Problem({ status: 503, detail: 'The hub does not answer; post the event again later', cause });
      }
      return reply.code(202).send({ id, type });
    },
  );
};
