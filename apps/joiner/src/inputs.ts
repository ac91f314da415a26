import type { Side } from '@boxoffice/interval-join';

/** The two inputs of a pair. */
export type Input = 'bookings' | 'payments';
/** The inputs, in the order in which they are looked at. */
export const inputs: readonly Input[] = ['bookings', 'payments'];
/** Which side of the join an input is. */
export const sideOf = { bookings: 'left', payments: 'right' } as const satisfies Record<Input, Side>;
/** The other one. */
export const otherThan = (input: Input): Input => (input === 'bookings' ? 'payments' : 'bookings');

/** Something of each input, made from its name. */
export const ofEach = <T>(make: (input: Input) => T): Record<Input, T> => ({
  bookings: make('bookings'),
  payments: make('payments'),
});
