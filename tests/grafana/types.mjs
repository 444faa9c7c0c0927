// Checks dashboards against Grafana's types: each panel becomes a literal, because the compiler only looks for
// excess properties in literals.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TYPES = { heatmap: 'Heatmap', row: 'Row', stat: 'Stat', table: 'Table', timeseries: 'TimeSeries' };

export function typeProblems(ts, modules, dashboards) {
  const shape = join(modules, 'shape.ts');
  const sources = new Map([[shape, readFileSync(new URL('shape.ts', import.meta.url), 'utf8')]]);
  const files = dashboards.map((dashboard, index) => {
    const file = join(modules, `dashboard${index}.ts`);
    sources.set(file, literals(dashboard));
    return file;
  });
  const program = ts.createProgram(files, options(ts), host(ts, sources));
  const inShape = messages(ts, program, shape);
  return files.map((file) => [...inShape, ...messages(ts, program, file)]);
}

function literals(dashboard) {
  if (dashboard.panels === undefined) return provisioning(dashboard);
  const { panels, ...page } = dashboard;
  const checks = panels.map((panel) => ({ name: `panel ${panel.id}`, type: TYPES[panel.type] ?? 'never', value: panel }));
  checks.push({ name: 'dashboard', type: 'Page', value: { ...page, panels: [] } });
  const lines = checks.map(({ name, type, value }) => `/* ${name} */ (${JSON.stringify(value)}) satisfies shape.${type};`);
  return ["import type * as shape from './shape';", ...lines].join('\n');
}

function provisioning(file) {
  const type = file.datasources === undefined ? 'Provider' : 'DataSources';
  return `import type * as shape from './shape';\n/* ${type} */ (${JSON.stringify(file)}) satisfies shape.${type};`;
}

function options(ts) {
  return {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
}

function host(ts, sources) {
  const real = ts.createCompilerHost(options(ts));
  return {
    ...real,
    fileExists: (path) => sources.has(path) || real.fileExists(path),
    readFile: (path) => sources.get(path) ?? real.readFile(path),
    getSourceFile: (path, languageVersion, ...rest) =>
      sources.has(path)
        ? ts.createSourceFile(path, sources.get(path), languageVersion)
        : real.getSourceFile(path, languageVersion, ...rest),
  };
}

function messages(ts, program, file) {
  const source = program.getSourceFile(file);
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return found.map((each) => {
    const line = source.text.split('\n')[source.getLineAndCharacterOfPosition(each.start).line];
    const where = /^\/\* (.*?) \*\//.exec(line)?.[1] ?? 'shape.ts';
    return `${where}: ${ts.flattenDiagnosticMessageText(each.messageText, ' ')}`;
  });
}
