import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchResponse } from './response-watch.ts';
import { failure, query, readClientMessage, readOpening, welcome } from './wire.ts';

const opening = (code: number, settings: Readonly<Record<string, string>> = {}): Buffer => {
  const words = Object.entries(settings).flatMap(([name, value]) => [name, value]);
  const body = Buffer.from([...words, ''].map((word) => `${word}\0`).join(''));
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(code, 4);
  return Buffer.concat([head, body]);
};

test('an opening is read only when it is complete, and then with its settings', () => {
  const bytes = opening(196_608, { user: 'postgres', application_name: 'psql' });
  for (let length = 0; length < bytes.length; length++) expect(readOpening(bytes.subarray(0, length))).toBeUndefined();
  expect(readOpening(Buffer.concat([bytes, query('select 1')]))).toEqual({
    kind: 'startup',
    settings: new Map([
      ['user', 'postgres'],
      ['application_name', 'psql'],
    ]),
    length: bytes.length,
  });
});

test.for([
  ['a request for encryption', opening(80_877_103), 'encryption'],
  ['a request to cancel', opening(80_877_102), 'cancel'],
  ['an old protocol', opening(131_072), 'garbage'],
  ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'garbage'],
] as const)('%s is told apart', ([, bytes, kind]) => {
  expect(readOpening(bytes)).toMatchObject({ kind });
});

test('a message that claims gigabytes is refused by its first five bytes', () => {
  expect(() => readClientMessage(Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]))).toThrow(RangeError);
  expect(() => readClientMessage(Buffer.from([0x51, 0, 0, 0, 0]))).toThrow(RangeError);
});

/** CommandComplete: the same shape as a query, under another letter. */
const complete = (tag: string): Buffer => {
  const message = query(tag);
  message.write('C', 0, 'latin1');
  return message;
};

test('the state of a response is the same wherever its chunks end', () => {
  const bytes = Buffer.concat([welcome('18'), complete('SET'), failure('ERROR', '42601', 'x'.repeat(300))]);
  const inTransaction = Buffer.from([0x5a, 0, 0, 0, 5, 0x54]);
  const whole = Buffer.concat([bytes, inTransaction]);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
      const watch = watchResponse();
      const ends = [...cuts.toSorted((a, b) => a - b), whole.length];
      let from = 0;
      for (const to of ends) {
        watch.push(whole.subarray(from, to));
        from = to;
      }
      expect(watch).toMatchObject({ state: 'T', settings: true });
    }),
  );
});
