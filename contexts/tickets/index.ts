export { type AuditFinding, auditSeats } from './audit-seats.ts';
export { ticketsModule } from './module.ts';
