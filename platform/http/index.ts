export { jsonList } from './json-list.ts';
export { type Answer, created, type Incoming, noContent, ok, type Route, route } from './route.ts';
export { createServer, type ServerOptions } from './server.ts';
