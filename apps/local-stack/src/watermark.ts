import type { Services } from './services.ts';

/** The furthest watermark of either input, ms: what is published at or above it is on time everywhere. Undefined when there is none. */
export const watermarkOf = async (services: Services): Promise<number | undefined> => {
  const { partitions } = await services.pipeline();
  const known = partitions.flatMap(({ bookingsWatermark, paymentsWatermark }) =>
    [bookingsWatermark, paymentsWatermark].flatMap((each) => (each === null ? [] : [Date.parse(each)])),
  );
  return known.length > 0 ? Math.max(...known) : undefined;
};
