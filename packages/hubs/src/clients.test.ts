import { expect, test } from 'vitest';
import { createClients } from './clients.ts';

test.for([
  'sb://localhost:5672',
  'sb://localhost',
  'sb://127.0.0.1:5673/',
  'sb://contoso.servicebus.windows.net/',
  'sb://Contoso.servicebus.windows.net',
])('the namespace of %s is what the SDK calls it', (endpoint) => {
  const eventHubsConnectionString = `Endpoint=${endpoint};SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=${!endpoint.includes('contoso')}`;
  const clients = createClients({ eventHubsConnectionString });
  expect(clients.namespace).toBe(clients.consumer('orders', '$Default').fullyQualifiedNamespace);
});

test('the namespace of the machine’s own identity is what the SDK calls it', () => {
  const clients = createClients({ eventHubsNamespace: 'contoso.servicebus.windows.net' });
  expect(clients.namespace).toBe(clients.consumer('orders', '$Default').fullyQualifiedNamespace);
});
