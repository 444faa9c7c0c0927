// node check.mjs MODULES DASHBOARD.json...: prints one JSON list of problems a dashboard.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { loadRegistries, registryProblems } from './registries.mjs';
import { typeProblems } from './types.mjs';

const [modules, ...paths] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const dashboards = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
const byType = typeProblems(require('typescript'), modules, dashboards);

// Its libraries greet on standard output.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
const known = loadRegistries(require);
const problems = dashboards.map((dashboard, index) => [...byType[index], ...registryProblems(known, dashboard)]);
write(`${JSON.stringify(problems)}\n`);
process.exit(0);
