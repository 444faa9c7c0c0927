import { useEffect, useState } from 'react'
import { routeOf } from './routes.js'

export function App() {
  const [path, setPath] = useState(location.pathname)
  useEffect(() => {
    const back = () => setPath(location.pathname)
    addEventListener('popstate', back)
    return () => removeEventListener('popstate', back)
  }, [])
  const go = (to) => (event) => {
    event.preventDefault()
    history.pushState(null, '', to)
    setPath(to)
  }
  const [route, agent] = routeOf(path)
  if (route === '/') return <Agents go={go} />
  if (route === '/agents/{agent}') return <Messages agent={agent} go={go} />
  return <p>There is no such page.</p>
}

function Agents({ go }) {
  const [answer, problem] = useAnswer('/api/v1/agents')
  return (
    <main>
      <h1>Agents</h1>
      <Problem text={problem} />
      <ul>
        {(answer ?? []).map((name) => (
          <li key={name}><a href={`/agents/${name}`} onClick={go(`/agents/${name}`)}>{name}</a></li>
        ))}
      </ul>
    </main>
  )
}

function Messages({ agent, go }) {
  const [answer, problem] = useAnswer(`/api/v1/agents/${agent}/messages`)
  return (
    <main>
      <h1>{agent}</h1>
      <Problem text={problem} />
      <p>{answer && `${answer.length} messages`}</p>
      {/* An error that nothing handles: it must reach Sentry. */}
      <button onClick={() => { throw new Error(`${agent} is out of order`) }}>Break</button>{' '}
      <a href="/" onClick={go('/')}>All agents</a>
    </main>
  )
}

function Problem({ text }) {
  return text ? <p role="alert">{text}</p> : null
}

// Returns the JSON answer of a path, or why there is none.
function useAnswer(path) {
  const [found, setFound] = useState([undefined, ''])
  useEffect(() => {
    const control = new AbortController()
    fetch(path, { signal: control.signal })
      .then((response) => response.ok ? response.json() : Promise.reject(new Error(`${response.status}`)))
      .then((answer) => setFound([answer, '']))
      .catch((error) => { if (!control.signal.aborted) setFound([undefined, `The service does not answer: ${error.message}`]) })
    return () => control.abort()
  }, [path])
  return found
}
