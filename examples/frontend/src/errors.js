import * as Sentry from '@sentry/react'

// Without VITE_SENTRY_DSN at the build, nothing is sent.
export function reportErrors() {
  const dsn = import.meta.env.VITE_SENTRY_DSN
  if (!dsn) return
  Sentry.init({
    dsn,
    // A path of the service: blockers of Sentry's host lose no errors.
    tunnel: '/reports',
    environment: import.meta.env.VITE_ENVIRONMENT ?? 'production',
    sendDefaultPii: false,
    integrations: [Sentry.browserTracingIntegration()],
    tracesSampleRate: Number(import.meta.env.VITE_TRACES_SAMPLE_RATE ?? 0.1),
    // The service continues the trace by the W3C header, to the query of its database.
    propagateTraceparent: true,
    tracePropagationTargets: [/^\/(?!\/)/],
  })
}
