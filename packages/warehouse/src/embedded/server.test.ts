import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loaderName } from '../pg/connection.ts';
import { startEmbeddedWarehouse } from './server.ts';
import type { EmbeddedWarehouse } from './server.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const emptyDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'warehouse-embedded-'));
  resources.defer(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

const connect = async (url: string, name = 'test'): Promise<pg.Client & AsyncDisposable> => {
  const client = new pg.Client({ connectionString: url, application_name: name });
  client.on('error', () => {});
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
};

const count = async (client: pg.Client): Promise<number> => {
  const { rows } = await client.query<{ count: number }>('select count(*)::integer as count from t');
  return rows[0]?.count ?? -1;
};

describe('clients of one embedded warehouse', () => {
  let server: EmbeddedWarehouse;
  let directory: string;
  beforeAll(async () => {
    directory = await emptyDirectory();
    server = resources.use(await startEmbeddedWarehouse({ dataDirectory: directory, port: 0 }));
    await using client = await connect(server.url);
    await client.query('create table t (n integer)');
  });

  test('a reader never reads inside an open transaction: it waits, and sees it whole', async () => {
    await using writer = await connect(server.url, loaderName);
    await using reader = await connect(server.url);
    await writer.query('delete from t');
    await writer.query('begin');
    await writer.query('insert into t values (1)');
    const reading = count(reader);
    await writer.query('insert into t values (2)');
    await writer.query('commit');
    expect(await reading).toBe(2);
  });

  test('statements of many clients with parameters do not mix', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await using client = await connect(server.url);
        const seen: unknown[] = [];
        for (let k = 0; k < 20; k++) {
          const { rows } = await client.query<{ v: unknown }>(
            n % 2 === 0 ? 'select $1::integer as v' : `select $1::text || '!' as v`,
            [n],
          );
          seen.push(rows[0]?.v);
        }
        return new Set(seen);
      }),
    );
    expect(answers).toEqual(answers.map((_, n) => new Set([n % 2 === 0 ? n : `${n}!`])));
  });

  test('a client that dies in a transaction is rolled back, and the next one goes on', async () => {
    const doomed = await connect(server.url);
    await using next = await connect(server.url);
    await next.query('delete from t');
    await doomed.query('begin');
    await doomed.query('insert into t values (1)');
    const waiting = count(next);
    doomed.end().catch(() => {});
    expect(await waiting).toBe(0);
  });

  test('a failed statement spoils its own transaction only', async () => {
    await using client = await connect(server.url);
    await using other = await connect(server.url);
    await client.query('begin');
    await expect(client.query('select * from nowhere where n = $1', [1])).rejects.toMatchObject({ code: '42P01' });
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    const waiting = count(other);
    await client.query('rollback');
    expect(await waiting).toBeGreaterThanOrEqual(0);
    expect(await count(client)).toBeGreaterThanOrEqual(0);
  });

  test('what a client sets for its session does not hold for another', async () => {
    await using client = await connect(server.url);
    await using other = await connect(server.url);
    await client.query(`set time zone 'Asia/Tokyo'`);
    expect((await other.query('show timezone')).rows).toEqual([{ TimeZone: 'UTC' }]);
  });

  test('a named prepared statement is refused with the reason, and the connection lives on', async () => {
    await using client = await connect(server.url);
    await expect(client.query({ name: 'mine', text: 'select $1::integer', values: [1] })).rejects.toThrow(
      'prepared statements must not be named',
    );
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('garbage and broken-off connections disturb nobody', async () => {
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0, 0, 0]), Buffer.alloc(9000, 0xff)]) {
      const socket = createConnection(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    await using client = await connect(server.url);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('a second owner of the directory and a host beyond this machine are refused', async () => {
    await expect(startEmbeddedWarehouse({ dataDirectory: directory, port: 0 })).rejects.toThrow(/in use by process/);
    await expect(startEmbeddedWarehouse({ dataDirectory: directory, port: 0, host: '0.0.0.0' })).rejects.toThrow('0.0.0.0');
  });
});

describe('the embedded warehouse as a process', () => {
  const program = fileURLToPath(new URL('main.ts', import.meta.url));

  const start = async (directory: string, port = 0) => {
    const child: ChildProcess = spawn(process.execPath, [program, '--data', directory, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const exited = once(child, 'exit');
    resources.defer(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    let said = '';
    child.stderr?.on('data', (text) => (said += String(text)));
    let url = '';
    if (child.stdout)
      for await (const line of createInterface(child.stdout)) {
        ({ url } = JSON.parse(line));
        break;
      }
    return { child, url, ended: async () => ({ code: (await exited)[0], said }) };
  };

  test('kill -9 loses nothing that was committed, and leaves nothing that was not', async () => {
    const directory = await emptyDirectory();
    const { child, url, ended } = await start(directory);
    const client = await connect(url);
    await client.query('create table t (n integer)');
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await client.query('begin');
        await client.query('insert into t select $1 from generate_series(1, 100)', [acknowledged]);
        await client.query('commit');
        acknowledged++;
        if (acknowledged === 20) child.kill('SIGKILL');
      }
    })();
    await expect(writing).rejects.toThrow();
    await ended();

    const again = await start(directory);
    await using reader = await connect(again.url);
    const { rows } = await reader.query<{ n: number; rows: number }>('select n, count(*)::integer as rows from t group by n');
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
    expect(rows.length).toBeLessThanOrEqual(acknowledged + 1);
    expect(new Set(rows.map((row) => row.rows))).toEqual(new Set([100]));
  });

  test('SIGTERM ends it with 0, and so does the loss of its parent', async () => {
    const directory = await emptyDirectory();
    const first = await start(directory);
    await using client = await connect(first.url);
    await client.query('create table t (n integer)');
    first.child.kill('SIGTERM');
    expect(await first.ended()).toEqual({ code: 0, said: '' });
    const second = await start(directory);
    second.child.disconnect();
    expect(await second.ended()).toEqual({ code: 0, said: '' });
  });

  test('a port that is taken, or an owned directory, ends it with 1 and a reason', async () => {
    const directory = await emptyDirectory();
    const first = await start(directory);
    const port = Number(new URL(first.url).port);
    expect(await (await start(await emptyDirectory(), port)).ended()).toEqual({
      code: 1,
      said: expect.stringContaining('the port is taken'),
    });
    expect(await (await start(directory)).ended()).toEqual({
      code: 1,
      said: expect.stringContaining(`in use by process ${first.child.pid}`),
    });
  });
});
