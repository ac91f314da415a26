import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

/*
 * Builds what is published: Node strips no types under node_modules, and the workspace's own packages are not on npm, so they are in the bundle.
 */
process.chdir(import.meta.dirname);
rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts', 'src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: ['rhea', 'zod'],
});
execFileSync('tsc', ['-p', 'tsconfig.pack.json'], { stdio: 'inherit' });
