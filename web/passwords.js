// Makes the list of common passwords that accounts may not have: the first 10,000 of
// those that are long enough, in order, one a line. `npm run passwords` writes it to
// core/passwords.gz; another name may be given.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const [least, most] = [8, 10_000];
const common = createRequire(import.meta.url)("@zxcvbn-ts/language-common/src/passwords.json");
const list = common.filter((password) => [...password].length >= least).slice(0, most);
if (list.length !== most || list.some((password) => !/^[\x21-\x7e]+$/.test(password) || password !== password.toLowerCase())) {
  throw new Error("the package has another list than expected: lower-case ASCII, by frequency");
}
writeFileSync(process.argv[2] ?? "../core/passwords.gz", gzipSync(list.sort().join("\n") + "\n", { level: 9 }));
