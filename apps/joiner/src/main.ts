import { openDocuments, openHubs } from '@boxoffice/hubs';
import { bookingPlacedWith, createPseudonym } from '@boxoffice/schemas';
import { listen, runService } from '@boxoffice/service-kit';
import { openWarehouse } from '@boxoffice/warehouse';
import { createJoinerApp } from './app.ts';
import { readConfig } from './config.ts';
import { createJoiner } from './joiner.ts';
import { openShows } from './shows.ts';

await runService('joiner', readConfig, async ({ config, log, signal }) => {
  const giveUp = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => giveUp.abort(), config.drainMs).unref());

  await using hubs = openHubs(config, log);
  await using warehouse = await openWarehouse(config);
  const shows = await openShows(warehouse.catalogue, config.catalogueRefreshMs, log);
  const documents = openDocuments(config);
  const bookings = bookingPlacedWith(createPseudonym(config.customerHmacKey));
  const knowledge = { showOf: shows.find, bookings };
  const joiner = createJoiner({ config, hubs, documents, knowledge, log, signal, giveUp: giveUp.signal });

  await using server = await listen(await createJoinerApp(hubs, joiner.pairs, log), config);
  log.debug({ url: server.url }, 'listening');
  await Promise.all([joiner.run(), shows.keepFresh(signal)]);
});
