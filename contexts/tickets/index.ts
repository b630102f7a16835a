export { type AuditFinding, auditSeats } from './audit-seats.ts';
export { bestAvailable } from './best-available.ts';
export { layoutOf } from './layout.ts';
export { ticketsModule } from './module.ts';
