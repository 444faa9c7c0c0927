// Draws one dashboard with Grafana's own published components: field options, units, thresholds and transformations are
// its real code. Heat maps are not published; they are drawn plainly here and say so.
import {
  FieldConfigOptionsRegistry, ThemeContext, applyFieldOverrides, cacheFieldDisplayNames, createTheme, dateTime, getDisplayValueAlignmentFactors,
  getFieldDisplayValues, standardTransformers, standardTransformersRegistry, toDataFrame, transformDataFrame,
} from '@grafana/data';
import { BigValue, GlobalStyles, PanelChrome, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import React, { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const { page, data } = window.shown;
const theme = createTheme({ colors: { mode: 'dark' } });
const range = { from: dateTime(data.from * 1000), to: dateTime(data.to * 1000), raw: { from: 'now', to: 'now' } };
const COLUMN = data.width / 24;
const ROW = 38; // 30 pixels and a gap of 8
const GAP = 8;

const STANDARD = ['unit', 'decimals', 'min', 'max', 'displayName', 'noValue', 'thresholds', 'mappings', 'links', 'color'];
const CUSTOM = [
  'cellOptions', 'drawStyle', 'fillOpacity', 'hideFrom', 'lineInterpolation', 'lineStyle', 'lineWidth', 'showPoints',
  'spanNulls', 'stacking', 'thresholdsStyle', 'width',
];
// What Grafana assumes where a dashboard says nothing.
const ASSUMED = {
  timeseries: { drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, scaleDistribution: { type: 'linear' }, axisPlacement: 'auto' },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false },
};

function item(id, path, isCustom) {
  const process = (value) => value;
  return { id, path, name: id, isCustom, process, shouldApply: (field) => !isCustom || field.type !== 'time', override: () => null, editor: () => null };
}
const registry = new FieldConfigOptionsRegistry();
for (const id of STANDARD) registry.register(item(id, id, false));
for (const id of CUSTOM) registry.register(item(`custom.${id}`, id, true));
standardTransformersRegistry.setInit(() =>
  [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer].map((transformation) => ({
    id: transformation.id, name: transformation.name, transformation, editor: () => null,
  })),
);

function prepared(panel, frames) {
  const { defaults, overrides } = panel.fieldConfig;
  const custom = { ...ASSUMED[panel.type], ...defaults.custom };
  return applyFieldOverrides({
    data: frames, fieldConfig: { defaults: { ...defaults, custom }, overrides }, fieldConfigRegistry: registry,
    replaceVariables: (text) => text, theme, timeZone: 'utc',
  });
}

function Stat({ panel, frames, width, height }) {
  const shown = frames.length ? frames : [toDataFrame({ fields: [{ name: 'Value', type: 'number', values: [] }] })];
  const values = () =>
    getFieldDisplayValues({
      fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: (text) => text,
      theme, data: prepared(panel, shown), sparkline: false, timeZone: 'utc',
    });
  const render = ({ value, width, height, count, alignmentFactors }) => (
    <BigValue theme={theme} value={value.display} width={width} height={height} count={count} colorMode={panel.options.colorMode}
      graphMode="none" justifyMode="auto" textMode={panel.options.textMode} alignmentFactors={alignmentFactors} />
  );
  return (
    <VizRepeater getValues={values} renderValue={render} width={width} height={height} source={data} itemSpacing={3} autoGrid
      orientation="auto" renderCounter={0} getAlignmentFactors={getDisplayValueAlignmentFactors} />
  );
}

function Lines({ panel, frames, width, height }) {
  if (!frames.length) return <Nothing panel={panel} />;
  const span = panel.timeFrom ? { ...range, from: dateTime(data.starts[panel.timeFrom] * 1000) } : range;
  return (
    <TimeSeries frames={prepared(panel, frames)} legend={panel.options.legend} timeRange={span} timeZone="utc" width={width} height={height} options={{}} />
  );
}

function Cells({ panel, frames, width, height }) {
  const [table, setTable] = useState(null);
  useEffect(() => {
    transformDataFrame(panel.transformations ?? [], frames).subscribe((found) => {
      const shown = prepared(panel, found);
      cacheFieldDisplayNames(shown);
      setTable(shown[0] ?? null);
    });
  }, []);
  if (!frames.length) return <Nothing panel={panel} />;
  if (table === null) return null;
  return (
    <TableNG data={table} width={width} height={height} cellHeight="sm" initialSortBy={panel.options.sortBy ?? []} fieldConfig={panel.fieldConfig}
      enableVirtualization={false} disableSanitizeHtml={false} />
  );
}

function Heat({ panel, frames, width, height }) {
  const bounds = frames.map((frame) => ({ bound: Number(frame.name.replace('+Inf', 'Infinity')), frame })).sort((a, b) => a.bound - b.bound);
  // Buckets contain those below them.
  const rows = bounds.map(({ bound, frame }, index) => ({
    bound,
    values: frame.fields[1].values.map((value, at) => Math.max(0, value - (index ? bounds[index - 1].frame.fields[1].values[at] ?? 0 : 0))),
  }));
  const most = Math.max(1e-9, ...rows.flatMap(({ values }) => values));
  const [labels, foot] = [60, 22];
  const line = (height - foot) / Math.max(rows.length, 1);
  return (
    <svg width={width} height={height}>
      {rows.map(({ bound, values }, index) => (
        <g key={bound} transform={`translate(${labels}, ${height - foot - (index + 1) * line})`}>
          {values.map((value, at) => value > 0 && (
            <rect key={at} x={(at * (width - labels)) / values.length} width={(width - labels) / values.length} height={line - 1}
              fill="#ff780a" opacity={Math.max(0.12, Math.sqrt(value / most))} />
          ))}
          <text x={-6} y={line / 2 + 4} textAnchor="end" fill={theme.colors.text.secondary} fontSize={11}>
            {bound === Infinity ? '+Inf' : bound < 1 ? `${bound * 1000} ms` : `${bound} s`}
          </text>
        </g>
      ))}
      <text x={width} y={height - 4} textAnchor="end" fill={theme.colors.text.disabled} fontSize={11}>drawn plainly: not Grafana's heat map</text>
    </svg>
  );
}

function Nothing({ panel }) {
  const text = panel.fieldConfig.defaults.noValue ?? 'No data';
  return <div style={{ color: theme.colors.text.secondary, padding: 24, textAlign: 'center' }}>{text}</div>;
}

const DRAWN = { stat: Stat, timeseries: Lines, table: Cells, heatmap: Heat };

function Panel({ panel }) {
  const { x, y, w, h } = panel.gridPos;
  const place = { position: 'absolute', left: x * COLUMN + GAP, top: y * ROW + GAP, width: w * COLUMN - GAP, height: h * ROW - GAP };
  if (panel.type === 'row') return <div style={{ ...place, fontSize: 15, fontWeight: 500, paddingTop: 6 }}>⌄ {panel.title}</div>;
  const Drawn = DRAWN[panel.type];
  const frames = (data.frames[panel.key] ?? []).map((frame) => toDataFrame(frame));
  return (
    <div style={place}>
      <PanelChrome title={panel.title} width={place.width} height={place.height} padding={panel.type === 'table' ? 'none' : 'sm'}>
        {(width, height) => <Drawn panel={panel} frames={frames} width={width} height={height} />}
      </PanelChrome>
    </div>
  );
}

createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <div style={{ background: theme.colors.background.canvas, height: '100vh', position: 'relative', width: data.width + GAP }}>
      {page.panels.map((panel) => <Panel key={panel.key} panel={panel} />)}
    </div>
  </ThemeContext.Provider>,
);
