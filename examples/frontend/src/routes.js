// The templates are those that the service allows in beacons: PAGES in examples/helloagents/app.py.
const ROUTES = [
  ['/', /^\/$/],
  ['/agents/{agent}', /^\/agents\/([a-z]+)$/],
]

// Returns the template of a path and what stands in its braces; no path of a page is [undefined, undefined].
export function routeOf(path) {
  for (const [template, pattern] of ROUTES) {
    const found = pattern.exec(path)
    if (found) return [template, found[1]]
  }
  return [undefined, undefined]
}
