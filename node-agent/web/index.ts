export { builtConsole, type BuiltConsoleInit } from './built-console.ts'
export { WEB_LIMITS } from './limits.ts'
export { createWebServer, type WebServer, type WebServerDeps, type WebServerInit } from './web-server.ts'
