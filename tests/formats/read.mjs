// Lets CTRF's own package and tap-parser read files: a list of {reader, path} comes in on standard input, a list
// of what each made of its file goes out. One process for all, since starting Node takes longer than reading.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

// Modules are looked for where the command runs, since the repository has no node_modules of its own.
const require = createRequire(path.join(process.cwd(), "x.js"));
const { validateStrict } = require("ctrf");
const { Parser } = require("tap-parser");

const readers = {
  ctrf: (text) => { validateStrict(JSON.parse(text)); return null; },
  tap: (text) => Parser.parse(text, { strict: true }),
};

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ reader, path: file }) => {
  try {
    return { value: readers[reader](readFileSync(file, "utf8")) };
  } catch (error) {
    return { error: `${error.name}: ${error.message}`.slice(0, 300) };
  }
});
process.stdout.write(JSON.stringify(answers));
