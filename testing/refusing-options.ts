/** What `parse` answers, which calls `parseArgs`. Throws one sentence that says what is wrong, and where to look. */
export function refusingOptions<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\.\s|\n/);
    throw new Error(`${sentence.replace(/\.$/, '')}; --help lists the options.`);
  }
}
