// node bundle.mjs MODULES OUTPUT.js: bundles draw.jsx with Grafana's packages.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules, output] = process.argv.slice(2);
const { build } = createRequire(join(modules, 'package.json'))('esbuild');
await build({
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'draw.jsx')],
  jsx: 'automatic',
  loader: { '.svg': 'dataurl', '.ttf': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl' },
  logLevel: 'error',
  minify: true,
  nodePaths: [join(modules, 'node_modules')],
  outfile: output,
});
