// Checks what Grafana's types leave open as strings and numbers: units, reducers, colours, names, places.

// The library expects a browser while it loads, but uses none of it here.
function pretendBrowser() {
  const nothing = () => {};
  const anything = () =>
    new Proxy(nothing, {
      get: (_, key) => (key === Symbol.toPrimitive ? () => '' : anything()),
      apply: () => anything(),
      set: () => true,
    });
  const globals = {
    addEventListener: nothing,
    document: anything(),
    history: { pushState: nothing, replaceState: nothing },
    localStorage: { getItem: () => null, setItem: nothing },
    location: { href: 'http://localhost/', search: '' },
    navigator: { language: 'en', languages: ['en'], userAgent: 'node' },
    window: globalThis,
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}

export function loadRegistries(require) {
  pretendBrowser();
  const data = require('@grafana/data');
  const theme = data.createTheme();
  const units = new Set(data.getValueFormats().flatMap((group) => group.submenu.map((format) => format.value)));
  return {
    // Grafana shows what follows `suffix:` after the number.
    hasUnit: (id) => units.has(id) || /^suffix:./.test(id),
    hasReducer: (id) => data.fieldReducers.getIfExists(id) !== undefined,
    hasColor: (name) => theme.visualization.getColorByName(name) !== name,
    hasColorMode: (id) => data.fieldColorModeRegistry.getIfExists(id) !== undefined,
    hasTransformation: (id) => Object.values(data.standardTransformers).some((each) => each.id === id),
  };
}

export function registryProblems(known, dashboard) {
  if (dashboard.panels === undefined) return [];
  const problems = [];
  const say = (panel, message) => problems.push(`panel ${panel.id}: ${message}`);
  const ids = new Set();
  for (const panel of dashboard.panels) {
    if (ids.has(panel.id)) say(panel, 'its id is used twice');
    ids.add(panel.id);
    const { x, y, w, h } = panel.gridPos;
    if (x < 0 || w < 1 || x + w > 24) say(panel, `columns ${x} to ${x + w} are off the grid of 24`);
    for (const other of dashboard.panels.slice(0, dashboard.panels.indexOf(panel))) {
      const { x: ox, y: oy, w: ow, h: oh } = other.gridPos;
      if (x < ox + ow && ox < x + w && y < oy + oh && oy < y + h) say(panel, `lies over panel ${other.id}`);
    }
    if (panel.type !== 'row') problems.push(...panelProblems(known, panel).map((each) => `panel ${panel.id}: ${each}`));
  }
  return problems;
}

function panelProblems(known, panel) {
  const problems = [];
  const check = (ok, what, name) => ok || problems.push(`${JSON.stringify(name)} is no ${what} of Grafana`);
  const { defaults, overrides } = panel.fieldConfig;
  const settings = [defaults, ...overrides.map((each) => Object.fromEntries(each.properties.map((p) => [p.id, p.value])))];
  for (const { unit, color, thresholds } of settings) {
    if (unit !== undefined) check(known.hasUnit(unit), 'unit', unit);
    if (color?.mode !== undefined) check(known.hasColorMode(color.mode), 'colour mode', color.mode);
    if (color?.fixedColor !== undefined) check(known.hasColor(color.fixedColor), 'colour', color.fixedColor);
    for (const step of thresholds?.steps ?? []) check(known.hasColor(step.color), 'colour', step.color);
    const values = (thresholds?.steps ?? []).map((step) => step.value ?? -Infinity);
    if (values.some((value, index) => index > 0 && value <= values[index - 1])) problems.push('its thresholds do not rise');
  }
  for (const id of [...(panel.options.reduceOptions?.calcs ?? []), ...(panel.options.legend?.calcs ?? [])]) {
    check(known.hasReducer(id), 'reducer', id);
  }
  for (const { id } of panel.transformations ?? []) check(known.hasTransformation(id), 'transformation', id);
  const names = panel.targets.map((target) => target.refId);
  if (new Set(names).size !== names.length) problems.push('two of its queries have one refId');
  return problems;
}
