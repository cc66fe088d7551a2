// Opens HTML reports in a headless Chromium at two widths, in light and dark: takes a picture of each, runs
// axe-core on each, measures how long the page takes, and fails on serious findings, on anything that
// scrolls sideways, on any request to the network and on anything live that a student smuggled in.
//
//   node tests/formats/browser.mjs PICTURES FILE.html...
//
// It runs where `package.json` was installed. CHROMIUM names the browser (usual: /usr/bin/chromium); FULL=1 takes
// the whole page, not one screen; QUICK=1 looks at each page once wide and light, once narrow and dark.
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

// Modules are looked for where the command runs, since the repository has no node_modules of its own.
const require = createRequire(path.join(process.cwd(), "x.js"));
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [pictures, ...files] = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });
const profile = mkdtempSync(path.join(tmpdir(), "chromium-"));
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  userDataDir: profile,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
console.log(`${await browser.version()}, axe-core ${axe.version}`);
const looks = [[1280, "light"], [1280, "dark"], [400, "light"], [400, "dark"]];
let bad = 0;
for (const file of files) {
  for (const [width, scheme] of process.env.QUICK === "1" ? [looks[0], looks[3]] : looks) {
    bad += await look(path.resolve(file), width, scheme);
  }
}
await browser.close();
rmSync(profile, { recursive: true, force: true });
console.log(bad === 0 ? `ok: ${files.length} pages` : `${bad} problems`);
process.exitCode = bad === 0 && files.length > 0 ? 0 : 1;

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
  // Opened is what is drawn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  const opened = performance.now() - begin;
  const name = `${path.basename(path.dirname(file))}-${width}-${scheme}.png`;
  await page.screenshot({ path: path.join(pictures, name), fullPage: process.env.FULL === "1" });
  problems.push(...await page.evaluate(foreign));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) problems.push(`the page is ${wide} px wider than the window`);
  const works = await page.evaluate(() =>
    !document.querySelector("script") || document.querySelector(".tools input") !== null);
  if (!works) problems.push("the page's own script did not run");
  problems.push(...await accessibility(page));
  const size = (statSync(file).size / 1e6).toFixed(2);
  console.log(`${problems.length ? "BAD" : "ok "} ${name} (${size} MB) opened in ${opened.toFixed(0)} ms`);
  for (const problem of problems) console.log(`    ${problem}`);
  await page.close();
  return problems.length;
}

// What no report of ours has, with everything unfolded: elements that load or send, handlers, odd addresses,
// a second script.
function foreign() {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const names = ["IMG", "IFRAME", "OBJECT", "EMBED", "FORM", "LINK", "BASE", "TEXTAREA", "VIDEO", "AUDIO"];
  const odd = (a) => a.name.startsWith("on")
    || (/^(xlink:)?(href|src|action)$/.test(a.name) && !/^(#|\.\/|data:application\/)/.test(a.value));
  const found = [...document.querySelectorAll("*")]
    .filter((e) => names.includes(e.tagName.toUpperCase()) || [...e.attributes].some(odd))
    .map((e) => `foreign: ${e.outerHTML.slice(0, 100)}`);
  const scripts = document.querySelectorAll("script").length;
  if (scripts > (document.body.className === "class" ? 1 : 0)) found.push(`${scripts} scripts`);
  return found;
}

async function accessibility(page) {
  await page.evaluate(axe.source);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate((runOnly) => axe.run({ runOnly }), tags);
  const problems = [];
  for (const violation of found.violations) {
    const line = `${violation.impact}: ${violation.id}: ${violation.nodes.length} x ${violation.nodes[0].html.slice(0, 120)}`;
    if (["serious", "critical"].includes(violation.impact)) problems.push(line);
    else console.log(`  note: ${line}`);
  }
  return problems;
}
