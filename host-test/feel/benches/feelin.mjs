// Measures feelin, which is installed in the current folder: reads expressions and variables from stdin, writes
// the nanoseconds that each takes. The median of rounds of a tenth of a second each, after as long to warm up.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const entry = createRequire(process.cwd() + '/').resolve('feelin');
const { evaluate } = await import(pathToFileURL(entry));

const { expressions, variables } = JSON.parse(readFileSync(0, 'utf8'));

function round(expression, nanoseconds) {
  const start = process.hrtime.bigint();
  let count = 0;
  let elapsed = 0n;
  while (elapsed < nanoseconds) {
    for (let i = 0; i < 10; i++) {
      evaluate(expression, variables, 'camunda');
    }
    count += 10;
    elapsed = process.hrtime.bigint() - start;
  }
  return Number(elapsed) / count;
}

const medians = expressions.map((expression) => {
  round(expression, 1_000_000_000n);
  const rounds = Array.from({ length: 21 }, () => round(expression, 100_000_000n));
  return rounds.sort((a, b) => a - b)[10];
});

console.log(JSON.stringify(medians));
