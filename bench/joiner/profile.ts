import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.int()).optional(),
    }),
  ),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

/** Makes JSON visible: to be imported by the process that is profiled. */
export const namedJson = import.meta.resolve('./named-json.ts');
const ownFile = /\/(?:apps|packages)\/(([^/]+)\/src\/.*)$/;
const amqp = /\/node_modules\/(rhea|rhea-promise|@azure\/[^/]+)\//;
/** In parentheses: what V8 tells apart besides functions. */
const special: ReadonlyMap<string, string> = new Map([
  ['(garbage collector)', 'garbage collection'],
  ['(idle)', 'idle'],
  ['(program)', 'native'],
]);

/** What a function's own time counts as; undefined for what works for whoever calls it, such as Node's own modules. */
const partOf = ({ functionName, url }: { readonly functionName: string; readonly url: string }): string | undefined => {
  if (special.has(functionName)) return special.get(functionName);
  if (url === namedJson) return 'JSON';
  if (amqp.test(url)) return 'AMQP';
  const [, , own] = ownFile.exec(url) ?? [];
  if (own !== undefined) return own;
  const [, library] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  return library;
};

/** Self time by part, as shares of the main thread's busy time. */
export interface ProfileShares {
  readonly busySeconds: number;
  readonly shares: Readonly<Record<string, number>>;
  /** Of the busy time: all that is neither AMQP nor JSON. */
  readonly outsideAmqpAndJson: number;
  /** The shares of the files of ours that take most, with what works for them. */
  readonly ownFiles: Readonly<Record<string, number>>;
}

/**
 * Sums up the `.cpuprofile` of a process that was run with `--cpu-prof`, from its start to its end. Native functions and Node's own
 * modules count for the nearest caller that is a part, JSON.parse and JSON.stringify for themselves: see `namedJson`.
 */
export const readProfile = (folder: string): ProfileShares => {
  const [written] = globSync('*.cpuprofile', { cwd: folder });
  if (written === undefined) throw new Error(`${folder} holds no .cpuprofile`);
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(readFileSync(path.join(folder, written), 'utf8')));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  /** Whom a node's own time counts for: itself, or whoever called it. */
  const accountable = (id: number): { readonly part: string; readonly file: string | undefined } => {
    const frame = byId.get(id)?.callFrame;
    const part = frame && partOf(frame);
    if (part !== undefined) return { part, file: ownFile.exec(frame?.url ?? '')?.[1] };
    const parent = parents.get(id);
    return parent === undefined ? { part: 'node', file: undefined } : accountable(parent);
  };
  const byNode = new Map(nodes.map(({ id }) => [id, accountable(id)]));
  const parts = new Map<string, number>();
  const files = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const { part = 'node', file } = byNode.get(id) ?? {};
    const us = timeDeltas[index] ?? 0;
    parts.set(part, (parts.get(part) ?? 0) + us);
    if (file !== undefined) files.set(file, (files.get(file) ?? 0) + us);
  }
  parts.delete('idle');
  const total = [...parts.values()].reduce((sum, each) => sum + each, 0);
  const rounded = (us: number): number => Number((us / total).toFixed(3));
  const largest = (of: ReadonlyMap<string, number>, most: number) =>
    Object.fromEntries(
      [...of]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, most)
        .map(([name, us]) => [name, rounded(us)]),
    );
  return {
    busySeconds: Number((total / 1e6).toFixed(1)),
    shares: largest(parts, 12),
    outsideAmqpAndJson: rounded(total - (parts.get('AMQP') ?? 0) - (parts.get('JSON') ?? 0)),
    ownFiles: largest(files, 12),
  };
};
