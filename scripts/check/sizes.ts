import ts from 'typescript';
import { type Finding, sawNothing, type Verdict } from './check.ts';
import { eachNode, isGenerated, lineOf, listSources, parse } from './sources.ts';

const fileLinesMax = 300;
const functionLinesMax = 70;

/** No file over 300 lines, no function over 70. */
export async function checkSizes(root: string): Promise<Verdict> {
  const sources = listSources(root).filter((file) => !isGenerated(file));
  if (sources.length === 0) return sawNothing('source files');
  return { saw: `${sources.length} files`, findings: sources.flatMap((file) => judgeFile(parse(root, file))) };
}

function judgeFile(source: ts.SourceFile): Finding[] {
  const findings: Finding[] = [];
  const lines = source.text.trimEnd().split('\n').length;
  if (lines > fileLinesMax) findings.push(tooLong('file-size', source, lines, fileLinesMax));
  eachNode(source, (node) => {
    if (!ts.isFunctionLike(node) || isGroupOfTests(node)) return;
    const length = lastLine(node) - lineOf(node) + 1;
    if (length > functionLinesMax) findings.push(tooLong('function-size', node, length, functionLinesMax));
  });
  return findings;
}

// The body of a `describe` is a list of tests, not a function that somebody has to hold in the head.
function isGroupOfTests({ parent }: ts.Node): boolean {
  return ts.isCallExpression(parent) && /^describe\b/.test(parent.expression.getText());
}

function lastLine(node: ts.Node): number {
  return node.getSourceFile().getLineAndCharacterOfPosition(node.getEnd()).line + 1;
}

function tooLong(rule: string, node: ts.Node, length: number, most: number): Finding {
  const line = ts.isSourceFile(node) ? 1 : lineOf(node);
  return { rule, file: node.getSourceFile().fileName, line, message: `${length} lines; at most ${most}` };
}
