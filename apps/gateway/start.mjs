// Plain JavaScript, so that the program has one entry wherever it is started from.
await import('./main.ts');
