export { jsonBody } from './json-body.ts';
export { jsonList } from './json-list.ts';
export { created, type Incoming, noContent, ok, type Route, route } from './route.ts';
export { createServer } from './server.ts';
