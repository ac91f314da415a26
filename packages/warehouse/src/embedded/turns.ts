/** Who asks for the session: the loader goes before the readers. */
export type Rank = 'loader' | 'reader';

/** Hands out the one session, a whole transaction at a time. */
export interface Turns<Client> {
  /** Resolves when `client` has the session; at once when it has it already. Rejects when it gives up waiting by `leave`. */
  take(client: Client, rank: Rank): Promise<void>;
  /** Ends the client's turn; the session goes to the next. */
  give(client: Client): void;
  /** Removes a client that waits. Whoever holds the session gives it. */
  leave(client: Client): void;
  readonly holder: Client | undefined;
  readonly waiting: number;
}

/** A reader that loaders have gone before this often goes next, so that a backfill slows reports down and never shuts them out. */
const patience = 4;

/** The turns of the session. In order of arrival within a rank. */
export const createTurns = <Client>(): Turns<Client> => {
  interface Waiting {
    readonly client: Client;
    readonly go: () => void;
    readonly stop: (reason: Error) => void;
  }
  const queues: Record<Rank, Waiting[]> = { loader: [], reader: [] };
  let holder: Client | undefined;
  let loadersInARow = 0;

  const next = (): void => {
    const { loader, reader } = queues;
    const isReadersTurn = loader.length === 0 || (reader.length > 0 && loadersInARow >= patience);
    const chosen = (isReadersTurn ? reader : loader).shift();
    loadersInARow = isReadersTurn ? 0 : loadersInARow + 1;
    holder = chosen?.client;
    chosen?.go();
  };

  return {
    get holder() {
      return holder;
    },
    get waiting() {
      return queues.loader.length + queues.reader.length;
    },
    take: (client, rank) =>
      new Promise<void>((resolve, reject) => {
        if (holder === client) {
          resolve();
          return;
        }
        queues[rank].push({ client, go: resolve, stop: reject });
        if (holder === undefined) next();
      }),
    give(client) {
      if (holder === client) next();
    },
    leave(client) {
      for (const queue of Object.values(queues)) {
        const at = queue.findIndex((each) => each.client === client);
        if (at >= 0) queue.splice(at, 1)[0]?.stop(new Error('the client left before its turn'));
      }
    },
  };
};
