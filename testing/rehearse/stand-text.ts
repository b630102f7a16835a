/** What is copied, and which gates are closed, in one line, of what `migrate status` says. */
export function standText(status: string): string {
  const lines = status.split('\n').map((line) => line.trim());
  const copied = lines.filter((line) => /^cop(ied|ying) /.test(line)).map((line) => line.replace(/\s+/g, ' '));
  const closed = lines.flatMap((line) => /^✘ (.*?)( {2}|$)/.exec(line)?.[1] ?? []);
  return [...copied, ...(closed.length > 0 ? [`closed gates: ${closed.join(', ')}`] : [])].join(', ');
}
