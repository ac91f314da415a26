import { EventHubConsumerClient, EventHubProducerClient, RetryMode, parseEventHubConnectionString } from '@azure/event-hubs';
import type { EventHubClientOptions, RetryOptions } from '@azure/event-hubs';
import type { DefaultAzureCredential, TokenCredential } from '@azure/identity';
import type { HubsSettings } from './settings.ts';

/**
 * A send that is in flight when the connection breaks is not rejected: it hangs for `timeoutInMs`, and with the SDK's defaults
 * (60 s, then 30 s of waiting) nothing is sent for 75 s after a broker's restart; with these it is 3 s. Few retries, because
 * who calls goes on trying where it shows.
 */
const retryOptions = {
  timeoutInMs: 3000,
  retryDelayInMs: 100,
  maxRetryDelayInMs: 1000,
  maxRetries: 2,
  mode: RetryMode.Exponential,
} satisfies RetryOptions;

const options = { retryOptions } satisfies EventHubClientOptions;

/**
 * The identity of the machine. Its library is loaded when a token is first asked for: that takes a quarter of a second, which a
 * service with a connection string need not spend.
 */
const machineIdentity = (): TokenCredential => {
  let credential: DefaultAzureCredential | undefined;
  return {
    async getToken(scopes, request) {
      credential ??= new (await import('@azure/identity')).DefaultAzureCredential();
      return credential.getToken(scopes, request);
    },
  };
};

/** Makes the SDK's clients for one namespace, whichever way it is reached. */
export interface Clients {
  /** The host of the namespace, without the port; as in the SDK, which names it in checkpoints and records of ownership. */
  readonly namespace: string;
  producer(hub: string): EventHubProducerClient;
  consumer(hub: string, group: string): EventHubConsumerClient;
}

/** @throws {TypeError} where the settings name neither a connection string nor a namespace. */
export const createClients = ({ eventHubsConnectionString, eventHubsNamespace }: HubsSettings): Clients => {
  if (eventHubsConnectionString !== undefined)
    return {
      namespace: new URL(parseEventHubConnectionString(eventHubsConnectionString).endpoint).hostname,
      producer: (hub) => new EventHubProducerClient(eventHubsConnectionString, hub, options),
      consumer: (hub, group) => new EventHubConsumerClient(group, eventHubsConnectionString, hub, options),
    };
  if (eventHubsNamespace === undefined)
    throw new TypeError('Event Hubs: expected eventHubsConnectionString or eventHubsNamespace, and neither is set');
  const credential = machineIdentity();
  return {
    namespace: eventHubsNamespace,
    producer: (hub) => new EventHubProducerClient(eventHubsNamespace, hub, credential, options),
    consumer: (hub, group) => new EventHubConsumerClient(group, eventHubsNamespace, hub, credential, options),
  };
};
