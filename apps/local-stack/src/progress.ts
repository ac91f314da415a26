import type { Services } from './services.ts';

const number = new Intl.NumberFormat('en');

/** One line that says how a run stands at every stage; what does not answer is a dash. */
export const statusLine = async (services: Services, runId: string, expected?: number): Promise<string> => {
  const or = async (figure: Promise<number>): Promise<string> => figure.then((value) => number.format(value)).catch(() => '-');
  const joining = services.joining();
  const [published, due, received, matched, loaded, complete] = await Promise.all([
    or(services.run(runId).then(({ acknowledged }) => acknowledged)),
    or(services.paying().then(({ partitions }) => partitions.reduce((sum, { pending }) => sum + pending, 0))),
    or(joining.then(({ partitions }) => partitions.reduce((sum, { ledger }) => sum + ledger.received, 0))),
    or(joining.then(({ partitions }) => partitions.reduce((sum, { outputs }) => sum + outputs.matched, 0))),
    or(services.funnel(runId).then(({ placed }) => placed)),
    services.pipeline().then(
      ({ completeThrough }) => completeThrough?.slice(0, 19).replace('T', ' ') ?? 'not known yet',
      () => '-',
    ),
  ]);
  const of = expected === undefined ? '' : ` of ${number.format(expected)}`;
  return `published ${published}${of} bookings | ${due} payments wait | joiner read ${received}, matched ${matched} | warehouse holds ${loaded} | complete through ${complete}`;
};

/** Shows a line that is replaced by the next on a terminal, and stands on its own elsewhere. */
export const createStatus = (stream: NodeJS.WriteStream) => {
  let shown = false;
  return {
    show(line: string): void {
      stream.write(stream.isTTY ? `\r\u001b[2K${line.slice(0, Math.max(20, stream.columns - 1))}` : `${line}\n`);
      shown = stream.isTTY;
    },
    say(line: string): void {
      stream.write(shown ? `\r\u001b[2K${line}\n` : `${line}\n`);
      shown = false;
    },
  };
};
