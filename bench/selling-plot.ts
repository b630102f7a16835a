import { type Figure, kept } from './report.ts';

const width = 860;
const nameWidth = 230;
const labelWidth = 190;
const rowHeight = 30;
const top = 46;
// From a fifth of what is promised to ten times as much, each doubling as wide as the next.
const [lowest, highest] = [0.2, 10];
const marks = [0.25, 0.5, 1, 2, 4, 8];

/**
 * A picture of the figures, by how many times each is what is promised of it: its median, from the least round to the
 * greatest. Readable on a light page and on a dark one.
 */
export function plot(figures: readonly Figure[]): string {
  const rows = figures.filter(({ name, target }) => target !== undefined && name !== 'invariants.violations');
  const height = top + rows.length * rowHeight + 34;
  const bottom = top + rows.length * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Each figure against what is promised of it">
<style>${style}</style>
<text x="${nameWidth}" y="18" class="head">times what is promised (more is better)</text>
${marks.map((mark) => gridLine(mark, bottom)).join('\n')}
${rows.map((figure, nth) => row(figure, top + (nth + 0.5) * rowHeight)).join('\n')}
<text x="${nameWidth}" y="${height - 8}" class="head">${violations(figures)}</text>
</svg>
`;
}

const style = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.head, .mark, .label { fill: #59636e; }
.mark { text-anchor: middle; font-size: 11px; }
.grid { stroke: #d1d9e0; } .promise { stroke: #59636e; stroke-width: 2; }
.kept { stroke: #1a7f37; fill: #1a7f37; } .missed { stroke: #cf222e; fill: #cf222e; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .head, .mark, .label { fill: #9198a1; }
  .grid { stroke: #3d444d; } .promise { stroke: #9198a1; }
  .kept { stroke: #3fb950; fill: #3fb950; } .missed { stroke: #f85149; fill: #f85149; }
}`;

function gridLine(mark: number, bottom: number): string {
  const x = xOf(mark);
  return `<line x1="${x}" y1="${top - 8}" x2="${x}" y2="${bottom}" class="${mark === 1 ? 'promise' : 'grid'}"/><text x="${x}" y="${top - 14}" class="mark">${mark}</text>`;
}

function row(figure: Figure, y: number): string {
  const { name, ratio, ratioMin = ratio, ratioMax = ratio, target, atMost } = figure;
  const [from, to] = [ratioMin, ratioMax].map((one) => xOf(timesPromised(figure, one)));
  const verdict = kept(figure) ? 'kept' : 'missed';
  return `<text x="${nameWidth - 12}" y="${y + 4}" text-anchor="end">${name}</text>
<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" class="${verdict}" stroke-width="4" stroke-linecap="round" stroke-opacity="0.4"/>
<circle cx="${xOf(timesPromised(figure, ratio))}" cy="${y}" r="5" class="${verdict}"/>
<text x="${width - labelWidth + 14}" y="${y + 4}" class="label">${ratio} (promised ${atMost ? '≤' : '≥'} ${target})</text>`;
}

function timesPromised({ target = 1, atMost }: Figure, ratio: number): number {
  return atMost ? target / ratio : ratio / target;
}

function xOf(times: number): number {
  const share = Math.log(Math.min(highest, Math.max(lowest, times)) / lowest) / Math.log(highest / lowest);
  return Math.round((nameWidth + share * (width - nameWidth - labelWidth)) * 10) / 10;
}

function violations(figures: readonly Figure[]): string {
  const found = figures.find(({ name }) => name === 'invariants.violations');
  return found ? `violations of the invariants, in all scenarios: ${found.value}` : '';
}
