import type { Tag } from '@boxoffice/service-kit';

/** The headings of the OpenAPI document. */
export const tags = {
  reports: { name: 'reports', description: 'What was sold, and what became of the bookings' },
  bookings: { name: 'bookings', description: 'Bookings and payments one by one' },
  pipeline: { name: 'pipeline', description: 'How far the data is complete, and whether it adds up' },
} as const satisfies Record<string, Tag>;
