import { type EndpointReport, type GroupReport, type IgnoreRule, type Report, verdict } from '@ticketbuddy/shadow';
import { candidateOf, createReadShares, setShadowShare, shadowReport } from '@ticketbuddy/takeover';
import type { Context } from './context.ts';
import { readShare, type ShareOptions } from './migrate-reads.ts';
import { note } from './note.ts';
import { openBegun, openTakeover } from './open-takeover.ts';
import { harmless, table, time } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Sets how many of a unit's reads gateways compare. */
export async function migrateShadow(context: Context, options: ShareOptions): Promise<number> {
  const { of = 'events' } = options;
  const { percent, endpoints } = readShare(options);
  await using opened = await openBegun(context, of);
  const { pool } = opened.takeover.places.next;
  await createReadShares(pool);
  await setShadowShare(pool, of, endpoints, percent);
  await note(opened, 'shadow set', { percent, endpoints });
  context.terminal.print(`${percent} % of ${endpoints.join(', ')} are compared.`);
  return 0;
}

/** Prints what was compared; exit code 1 unless enough was, and none differs. */
export async function migrateShadowReport(
  context: Context,
  { of = 'events', json }: { readonly of?: string; readonly json?: true },
): Promise<number> {
  const { terminal } = context;
  await using opened = await openTakeover(context, of);
  const candidate = await candidateOf(opened.takeover);
  const report = await shadowReport(opened.takeover, candidate);
  const found = verdict(report);
  if (json) terminal.print(JSON.stringify({ unit: of, candidate, ...found, report }));
  else terminal.print(reportText(`${of}: the answers of ${candidate}, compared with the owner's`, report, terminal));
  return found.verdict === 'clean' ? 0 : 1;
}

const groupsShownMax = 10;

/** One screen. */
function reportText(head: string, report: Report, terminal: Terminal): string {
  const { bold, green, red } = terminal.colors;
  const { verdict: name, reasons } = verdict(report);
  const shown = report.groups.toSorted((one, other) => rank(one) - rank(other)).slice(0, groupsShownMax);
  const hidden = report.groups.length - shown.length;
  return [
    `${bold(head)}  ${name === 'clean' ? green(name) : red(name)}`,
    ...reasons.map((reason) => `  ${red('✘')} ${harmless(reason)}`),
    '',
    endpointTable(report.endpoints, terminal),
    ...report.endpoints.flatMap(whyText),
    ...(report.groups.length > 0 ? ['', bold('Differences')] : []),
    ...shown.map((group) => groupText(group, terminal)),
    ...(hidden > 0 ? [`  and ${hidden} more: see --json`] : []),
    ...report.expiredRules.map((rule) => red(`  rule expired ${rule.until}: ${ruleText(rule)}`)),
    ...report.unusedRules.map((rule) => `  rule that nothing needs: ${ruleText(rule)}`),
  ].join('\n');
}

function endpointTable(endpoints: readonly EndpointReport[], terminal: Terminal): string {
  if (endpoints.length === 0) return '  No read was received.';
  const counts = ['received', 'mirrored', 'sampledOut', 'dropped', 'notComparable', 'underWay'] as const;
  const heads = ['received', 'mirrored', 'sampled out', 'dropped', 'not comparable', 'under way'];
  const columns = [...heads.map((head) => ({ head, isNumber: true })), { head: 'endpoint' }];
  const rows = endpoints.map((one) => [...counts.map((count) => `${one[count]}`), harmless(one.endpoint)]);
  return table(
    columns,
    rows.map((row) => row.map((text) => ({ text }))),
    terminal,
  );
}

function whyText({ endpoint, reasons }: EndpointReport): string[] {
  const told = Object.entries(reasons).map(([reason, count]) => `${reason} ${count}`);
  return told.length > 0 ? [`  ${harmless(endpoint)}: ${told.join(' · ')}`] : [];
}

function rank({ standing, count }: GroupReport): number {
  return { real: 0, noise: 1, ignored: 2 }[standing] - count / 1e12;
}

function groupText(group: GroupReport, { colors }: Terminal): string {
  const { endpoint, path, kind, count, standing, noiseCount, lastAt, examples } = group;
  const noise = standing === 'noise' ? ` (the owner differs from itself ${noiseCount} times)` : '';
  const [example] = examples;
  const mark = standing === 'real' ? colors.red(standing) : `${standing}${noise}`;
  const line = `  ${mark}  ${harmless(`${endpoint} ${path} (${kind}), ${count} times, last ${time(lastAt)}`)}`;
  if (!example) return line;
  const { request, at, control, candidate } = example;
  return `${line}\n      ${harmless(`${request} at ${at}: ${control} by the owner, ${candidate} by the other`.replaceAll('\n', ' '))}`;
}

function ruleText({ endpoint, path, owner, reason }: IgnoreRule): string {
  return `${endpoint} ${path}, ${owner}: ${reason}`;
}
