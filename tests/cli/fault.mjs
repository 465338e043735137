// Loaded before the program (node --import): makes one file operation fail, or kills the process there. FAULT: "kill" or an error
// code; FAULT_OP: which operations count, with commas between; FAULT_AT: the number of the one that is hit, from 1.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let count = 0;
for (const op of process.env.FAULT_OP.split(',')) {
  const original = fs[op];
  fs[op] = (...args) => {
    if (++count !== Number(process.env.FAULT_AT)) return original(...args);
    if (process.env.FAULT === 'kill') process.kill(process.pid, 'SIGKILL');
    throw Object.assign(new Error(process.env.FAULT), { code: process.env.FAULT });
  };
}
syncBuiltinESMExports();
