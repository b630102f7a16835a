// What the tests came to. `node .ci/verdict.mjs failed tests.json` lists the files in which one failed;
// `node .ci/verdict.mjs sum tests.json again.json <checks failed> <rehearsals failed>` tells of each failure, of a long record
// only the end is kept, and ends with the line "N passed, N failed, N skipped".
import { readFileSync } from 'node:fs';

const nothing = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  success: false,
  testResults: [],
};
const [task, file, again, check, rehearsal] = process.argv.slice(2);
const tests = read(file) ?? nothing;

if (task === 'failed') console.log([...new Set(failures(tests).map(({ name }) => name))].join('\n'));
else sum();

function sum() {
  if (tests === nothing) console.log('The tests left no results: see above.');
  const second = read(again);
  // Those that failed were run once more, alone. What fails twice has failed; what fails once is told of, as a defect all the same.
  const still = second ? failures(second) : failures(tests);
  const isStill = ({ name, test }) => still.some((one) => one.name === name && one.test === test);
  for (const one of failures(tests)) say(isStill(one) ? 'FAILED' : 'FLAKY, passed when it ran again', one);
  for (const one of still.filter((one) => !failures(tests).some(({ test }) => test === one.test))) say('FAILED', one);
  const isGood = tests.success || second?.success === true;
  const failed = Math.max(still.length, isGood ? 0 : 1) + Number(check) + Number(rehearsal);
  const mended = Math.max(0, tests.numFailedTests - still.length);
  const passed = tests.numPassedTests + mended + 1 - Number(rehearsal);
  console.log(`${passed} passed, ${failed} failed, ${tests.numPendingTests + tests.numTodoTests} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Each test that failed, and each file that could not be run. */
function failures({ testResults }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0) return message ? [{ name, test: 'the file', message }] : [];
    return failed.map(({ fullName, failureMessages }) => ({
      name,
      test: fullName,
      message: failureMessages.join('\n'),
    }));
  });
}

function say(what, { name, test, message }) {
  console.log(`\n${what}: ${name} > ${test}\n${message.split('\n').slice(0, 25).join('\n')}\n`);
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
