// Opens HTML reports in a headless Chromium at two widths, in light and dark: takes a picture of each, runs
// axe-core on each, measures how long the page takes, and fails on serious findings, on anything that
// scrolls sideways, on any request to the network and on any script that a student smuggled in.
//
//   npm install puppeteer-core@24 axe-core@4
//   node tests/formats/browser.mjs PICTURES FILE.html...
//
// CHROMIUM names the browser (usual: /usr/bin/chromium); FULL=1 takes the whole page, not one screen.
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

// Modules are looked for where the command runs, since the repository has no node_modules of its own.
const require = createRequire(path.join(process.cwd(), "x.js"));
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [pictures, ...files] = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  userDataDir: mkdtempSync(path.join(tmpdir(), "chromium-")),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let bad = 0;
for (const file of files) {
  for (const width of [1280, 400]) {
    for (const scheme of ["light", "dark"]) {
      bad += await look(path.resolve(file), width, scheme);
    }
  }
}
await browser.close();
console.log(bad === 0 ? `ok: ${files.length} pages` : `${bad} problems`);
process.exitCode = bad === 0 ? 0 : 1;

async function look(file, width, scheme) {
  const page = await browser.newPage();
  const problems = [];
  page.on("dialog", (dialog) => { problems.push(`a script opened a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) problems.push(`a request to ${request.url()}`);
  });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height: 900 });
  // In light the page's own policy is off, so that escaping alone must stop a script; in dark it is on, so
  // that it must let the page's own script run.
  await page.setBypassCSP(scheme === "light");
  const begin = performance.now();
  await page.goto(`file://${file}`, { waitUntil: "load" });
  const opened = performance.now() - begin;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) problems.push(`the page is ${wide} px wider than the window`);
  const works = await page.evaluate(() =>
    !document.querySelector("script") || document.querySelector(".tools input") !== null);
  if (!works) problems.push("the page's own script did not run");
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }));
  for (const violation of found.violations) {
    const line = `${violation.impact}: ${violation.id}: ${violation.nodes.length} x ${violation.nodes[0].html.slice(0, 120)}`;
    if (["serious", "critical"].includes(violation.impact)) problems.push(line);
    else console.log(`  note: ${line}`);
  }
  const name = `${path.basename(path.dirname(file))}-${width}-${scheme}.png`;
  await page.screenshot({ path: path.join(pictures, name), fullPage: process.env.FULL === "1" });
  console.log(`${problems.length ? "BAD" : "ok "} ${name} opened in ${opened.toFixed(0)} ms`);
  for (const problem of problems) console.log(`    ${problem}`);
  await page.close();
  return problems.length;
}
