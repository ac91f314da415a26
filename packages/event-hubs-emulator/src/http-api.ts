import { createServer, type Server } from 'node:http';
import type { HubRegistry } from './hub-registry.ts';
import { isLoopback } from './listen.ts';
import { renderMetrics } from './metrics.ts';
import { peek } from './peek.ts';
import type { Traffic } from './traffic.ts';

const MOST_EVENTS = 1000;
const DEFAULT_EVENTS = 20;

/** What the HTTP side looks at. */
export interface Observed {
  readonly hubs: HubRegistry;
  readonly traffic: Traffic;
  readonly connections: () => number;
  readonly stopping: () => boolean;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const json = (status: number, body: unknown): Answer => ({
  status,
  type: status < 400 ? 'application/json' : 'application/problem+json',
  // A value of AMQP's may be a bigint.
  text: JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
});
const problem = (status: number, title: string, detail: string): Answer => json(status, { title, status, detail });

function describeHubs({ hubs }: HubRegistry): Answer {
  return json(200, {
    hubs: hubs.map(({ name, createdAt, consumerGroups, partitions }) => ({
      name,
      createdAt,
      consumerGroups,
      partitions: partitions.map((log, id) => ({
        id: String(id),
        beginningSequenceNumber: log.firstSequence,
        lastSequenceNumber: log.nextSequence - 1,
        lastOffset: String(log.last?.offset ?? -1),
        lastEnqueuedAt: log.last === undefined ? null : new Date(log.last.enqueuedAt),
        bytes: log.segments.reduce((sum, { size }) => sum + size, 0),
      })),
    })),
  });
}

function wholeNumber(text: string | null, otherwise: number): number | undefined {
  if (text === null) return otherwise;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

async function peekAt(hubs: HubRegistry, name: string, id: string, query: URLSearchParams): Promise<Answer> {
  const log = hubs.find(name)?.partition(id);
  if (log === undefined) return problem(404, 'Not found', `there is no partition '${id}' of a hub '${name}'`);
  const limit = wholeNumber(query.get('limit'), DEFAULT_EVENTS);
  if (limit === undefined || limit < 1 || limit > MOST_EVENTS)
    return problem(400, 'Bad request', `limit: expected a number from 1 to ${MOST_EVENTS}`);
  const newest = Math.max(log.firstSequence, log.nextSequence - limit);
  const from = wholeNumber(query.get('from'), newest);
  if (from === undefined) return problem(400, 'Bad request', 'from: expected a sequence number');
  return json(200, { events: await peek(log, from, limit) });
}

async function answer({ hubs, traffic, connections, stopping }: Observed, url: URL): Promise<Answer> {
  const [first, hub, partitions, id, events, ...more] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (url.pathname === '/health') return stopping() ? json(503, { status: 'stopping' }) : json(200, { status: 'ok' });
  if (url.pathname === '/metrics') {
    return { status: 200, type: 'text/plain; version=0.0.4', text: renderMetrics(hubs.hubs, traffic, connections()) };
  }
  if (url.pathname === '/hubs') return describeHubs(hubs);
  if (first === 'hubs' && partitions === 'partitions' && events === 'events' && more.length === 0)
    return peekAt(hubs, hub ?? '', id ?? '', url.searchParams);
  return problem(
    404,
    'Not found',
    'try /health, /metrics, /hubs or /hubs/{hub}/partitions/{id}/events?from={sequence number}&limit={n}',
  );
}

/**
 * The HTTP side of a server: health, metrics, and a look at hubs and events. It asks for no token and so answers requests to a
 * loopback name only, lest a web page reach it under a name of its own.
 */
export function createHttpApi(observed: Observed): Server {
  return createServer((request, response) => {
    const respond = ({ status, type, text }: Answer): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
    };
    const url = URL.canParse(request.url ?? '', `http://${request.headers.host}`)
      ? new URL(request.url ?? '', `http://${request.headers.host}`)
      : undefined;
    if (url === undefined || !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
      return respond(problem(403, 'Forbidden', 'only requests to a loopback name are answered'));
    if (request.method !== 'GET') return respond(problem(405, 'Method not allowed', 'only GET is'));
    answer(observed, url).then(respond, (error: unknown) => {
      // A path that is no URL-encoding is the client's fault, whatever else is not.
      respond(
        error instanceof URIError ? problem(400, 'Bad request', error.message) : problem(500, 'Internal error', String(error)),
      );
    });
  });
}
