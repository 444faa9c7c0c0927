// What our dashboards may contain: Grafana's published types, without what they leave open.
import type { DataSourceJsonData, DataSourceSettings } from '@grafana/data';
import type {
  AnnotationQuery, Dashboard, DashboardLink, FieldColor, FieldConfig, GridPos, LineStyle, TableCellOptions, TableFieldOptions,
  ThresholdsConfig, TimePickerConfig, ValueMapping, VariableModel,
} from '@grafana/schema';
import type { Options as HeatmapOptions } from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { FieldConfig as LineConfig, Options as TimeSeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON has no enums: each becomes the union of its values.
type NumberOf<T> = T extends `${infer N extends number}` ? N : never;
export type Plain<T> = unknown extends T ? T
  : T extends string ? (string extends T ? string : `${T}`)
  // A number counts as assignable to an enum of numbers, so their texts are compared.
  : T extends number ? (`${number}` extends `${T}` ? number : NumberOf<`${T}`>)
  : T extends ReadonlyArray<infer Item> ? Plain<Item>[]
  : T extends object ? { [Key in keyof T]: Plain<T[Key]> }
  : T;

type Prometheus = { type: 'prometheus'; uid: '${datasource}' };
type Query<Format, Instant extends boolean> = {
  datasource: Prometheus;
  exemplar?: true;
  expr: string;
  format: Format;
  instant: Instant;
  legendFormat: string;
  range: Instant extends true ? false : true;
  refId: string;
};
type Link = { title: string; url: string; targetBlank: boolean };
type Property =
  | { id: 'unit' | 'noValue' | 'displayName'; value: string }
  | { id: 'decimals' | 'min' | 'max' | 'custom.fillOpacity' | 'custom.width'; value: number }
  | { id: 'custom.cellOptions'; value: Plain<TableCellOptions> }
  | { id: 'custom.hideFrom'; value: { legend: boolean; tooltip: boolean; viz: boolean } }
  | { id: 'custom.lineStyle'; value: Plain<LineStyle> }
  | { id: 'color'; value: Plain<FieldColor> }
  | { id: 'thresholds'; value: Plain<ThresholdsConfig> }
  | { id: 'mappings'; value: Plain<ValueMapping>[] }
  | { id: 'links'; value: Link[] };
type Override = { matcher: { id: 'byName' | 'byFrameRefID'; options: string }; properties: Property[] };
type Merge = { id: 'merge'; options: Record<string, never> };
type Organize = {
  id: 'organize';
  options: {
    excludeByName: Record<string, boolean>;
    indexByName: Record<string, number>;
    renameByName: Record<string, string>;
  };
};

type Defaults<Custom> = Plain<Omit<FieldConfig, 'custom' | 'links' | 'unit'>> & {
  custom: Custom;
  links?: Link[];
  unit: string;
};
type Panel<Kind, Options, Custom, Target> = {
  datasource: Prometheus;
  description: string;
  fieldConfig: { defaults: Defaults<Custom>; overrides: Override[] };
  gridPos: Plain<GridPos>;
  id: number;
  maxDataPoints?: number;
  options: Options;
  pluginVersion: '12.4.2';
  targets: [Target, ...Target[]];
  timeFrom?: string;
  title: string;
  transformations?: (Merge | Organize)[];
  type: Kind;
};

export type Stat = Panel<'stat', Partial<Plain<StatOptions>>, Record<string, never>, Query<'time_series', true>>;
export type Table = Panel<'table', Partial<Plain<TableOptions>>, Partial<Plain<TableFieldOptions>>, Query<'table', true>>;
export type TimeSeries = Panel<'timeseries', Plain<TimeSeriesOptions>, Partial<Plain<LineConfig>>, Query<'time_series', false>>;
export type Heatmap = Panel<'heatmap', Plain<HeatmapOptions>, Record<string, never>, Query<'heatmap', false>>;
export type Row = { collapsed: false; gridPos: Plain<GridPos>; id: number; panels: []; repeat?: string; title: string; type: 'row' };

type Annotation = Plain<Omit<AnnotationQuery, 'datasource' | 'target'>> & {
  // Read by the Prometheus data source; the schema does not list them.
  datasource: Prometheus;
  tagKeys: string;
  target: { expr: string; refId: string };
  titleFormat: string;
  useValueForTime?: true;
};
export type Page = Plain<Omit<Dashboard, 'annotations' | 'links' | 'panels' | 'templating' | 'timepicker'>> & {
  annotations: { list: Annotation[] };
  editable: false;
  links: Plain<DashboardLink>[];
  panels: [];
  templating: { list: Plain<VariableModel>[] };
  timepicker: Plain<TimePickerConfig>;
  uid: string;
};

// The files of provisioning: Grafana publishes the fields of a data source, its documentation the rest.
type Source<Kind extends string, Settings> = Pick<
  DataSourceSettings<DataSourceJsonData>, 'name' | 'url'
> & { access: 'proxy'; editable: false; isDefault?: true; jsonData: Settings; type: Kind; uid: Kind };
type PrometheusSettings = Pick<DataSourceJsonData, 'alertmanagerUid' | 'manageAlerts'> & {
  exemplarTraceIdDestinations: { datasourceUid: 'jaeger'; name: string; urlDisplayLabel: string }[];
  httpMethod: 'GET' | 'POST';
  prometheusType: 'Cortex' | 'Mimir' | 'Prometheus' | 'Thanos';
  timeInterval: string;
};
type AlertmanagerSettings = { handleGrafanaManagedAlerts: boolean; implementation: 'cortex' | 'mimir' | 'prometheus' };
export type DataSources = {
  apiVersion: 1;
  datasources: (
    | Source<'alertmanager', AlertmanagerSettings>
    | Source<'jaeger', { nodeGraph: { enabled: boolean } }>
    | Source<'prometheus', PrometheusSettings>
  )[];
  prune: boolean;
};
export type Provider = {
  apiVersion: 1;
  providers: {
    allowUiUpdates: false;
    disableDeletion: true;
    name: string;
    options: { foldersFromFilesStructure: true; path: string };
    orgId: number;
    type: 'file';
    updateIntervalSeconds: number;
  }[];
};
