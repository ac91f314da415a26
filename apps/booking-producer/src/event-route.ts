import type { Publisher } from '@boxoffice/hubs';
import { bookingPlaced, readValue, writeEvent } from '@boxoffice/schemas';
import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';

/** `data.items[0].seat` as a JSON Pointer; `event` is the document itself. */
const pointer = (path: string): string =>
  path === 'event' ? '' : path.replaceAll(/[^.[\]]+|\[|\]|\./g, (part) => (/^[.[\]]$/.test(part) ? '' : `/${part}`));

/** A reader's detail says `path: expectation; path: expectation; ...`. */
const faultsOf = (detail: string) =>
  detail.split(/; (?=[\w.[\]]+: |and \d+ more$)/).map((line) => {
    const [, path = 'event', message = line] = /^([\w.[\]]+): (.*)$/s.exec(line) ?? [];
    return { in: 'body', path: pointer(path), message };
  });

/** `POST /v1/events`: one booking from elsewhere, published as it is once it has been found valid. */
export const addEventRoute = (app: App, publisher: Publisher): void => {
  app.post(
    '/v1/events',
    {
      schema: {
        tags: ['events'],
        operationId: 'postBooking',
        summary: 'Publish one booking',
        description:
          'A CloudEvents document of type `booking.placed` in any version that is read. It is published as given, with its subject as ' +
          'partition key, and accepted once the hub has acknowledged it. Posting it again is harmless: its `id` and `source` make it one.',
        body: z.looseObject({}).describe('The event'),
        response: { 202: z.object({ id: z.string(), type: z.string() }), ...problemResponses(400, 503) },
      },
    },
    async (request, reply) => {
      const reading = readValue(request.body, [bookingPlaced]);
      if (!reading.ok) {
        const detail = `The event is not accepted: ${reading.reason}`;
        throw new Problem({ status: 400, detail, extensions: { errors: faultsOf(reading.detail) } });
      }
      const { id, type, subject } = reading.event;
      const late = AbortSignal.timeout(20_000);
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
