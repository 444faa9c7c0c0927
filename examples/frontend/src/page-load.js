import { onFCP, onINP, onLCP, onTTFB } from 'web-vitals'
import { routeOf } from './routes.js'

const PATH = '/api/v1/page-loads'
// The service is told the same share (`sample_rate` of attach_beacons), and counts each beacon for those left out.
const SAMPLE_RATE = 1

// Sends one beacon when the page is first hidden: INP and LCP are final only then.
export function reportPageLoad() {
  const [route] = routeOf(location.pathname)
  if (route === undefined || Math.random() >= SAMPLE_RATE) return
  const vitals = {}
  for (const watch of [onFCP, onINP, onLCP, onTTFB]) {
    watch(({ name, value }) => { vitals[name] = value })
  }
  const send = () => {
    const load = loadTime()
    if (document.visibilityState !== 'hidden' || load === undefined) return
    removeEventListener('visibilitychange', send, true)
    navigator.sendBeacon(PATH, JSON.stringify({ route, load, vitals }))
  }
  addEventListener('visibilitychange', send, true)
}

// Milliseconds from the start of the navigation, or of the activation of a prerendered page, to the end of loading.
function loadTime() {
  const [entry] = performance.getEntriesByType('navigation')
  if (!entry || entry.loadEventEnd === 0) return undefined
  return Math.max(0, entry.loadEventEnd - (entry.activationStart ?? 0))
}
