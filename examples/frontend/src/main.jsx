import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.jsx'
import { reportErrors } from './errors.js'
import { reportPageLoad } from './page-load.js'

reportErrors()
reportPageLoad()
createRoot(document.getElementById('root')).render(<StrictMode><App /></StrictMode>)
