/** What has gone through a server since it started. */
export interface Traffic {
  batchesAccepted: number;
  /** Batches that were refused, by error condition. */
  readonly batchesRefused: Map<string, number>;
  eventsDelivered: number;
}

/** Nothing yet. */
export function createTraffic(): Traffic {
  return { batchesAccepted: 0, batchesRefused: new Map(), eventsDelivered: 0 };
}
