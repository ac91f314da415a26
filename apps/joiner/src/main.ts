import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createCheckpointStore, openDocuments, openHubs } from '@boxoffice/hubs';
import { bookingPlacedWith, createPseudonym } from '@boxoffice/schemas';
import { listen, runService } from '@boxoffice/service-kit';
import { openWarehouse } from '@boxoffice/warehouse';
import { createJoinerApp } from './app.ts';
import { readConfig } from './config.ts';
import { createJoiner } from './joiner.ts';
import { createMirror } from './mirror.ts';
import { createOperations } from './operations.ts';
import { openShows } from './shows.ts';

await runService('joiner', readConfig, async ({ config, log, signal }) => {
  const giveUp = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => giveUp.abort(), config.drainMs).unref());

  await using hubs = openHubs(config, log);
  await using warehouse = await openWarehouse(config);
  const shows = await openShows(warehouse.catalogue, config.catalogueRefreshMs, log);
  const documents = openDocuments(config);
  const store = createCheckpointStore(documents);
  const knowledge = { showOf: shows.find, bookings: bookingPlacedWith(createPseudonym(config.customerHmacKey)) };
  const mirror = createMirror(store, hubs.namespace, config.consumerGroup, log);
  const instanceId = config.instanceId ?? `${hostname()}-${randomUUID()}`;
  const joiner = createJoiner({
    config,
    hubs,
    documents,
    store,
    instanceId,
    knowledge,
    mirror,
    log,
    signal,
    giveUp: giveUp.signal,
  });
  const operations = createOperations(config, hubs, documents, joiner);

  await using server = await listen(await createJoinerApp({ hubs, joiner, operations, log, now: Date.now }), config);
  log.debug({ url: server.url, instanceId }, 'listening');
  await Promise.all([joiner.run(), shows.keepFresh(signal)]);
});
