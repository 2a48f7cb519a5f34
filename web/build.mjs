// Builds the one script, the one style sheet and the list of what is in them.
// Usage: node build.mjs [OUTDIR]

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outdir = process.argv[2] ?? join(here, "../src/heapwise/report/assets");
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")).packages;

function describe(name) {
  const { version, license, integrity } = lock[`node_modules/${name}`];
  return `${name} ${version} ${license} ${integrity}`;
}

const licence = readFileSync(join(here, "node_modules/uplot/LICENSE"), "utf8").trim();
const uplot = describe("uplot");

// The notice travels inside the bundle, because the bundle travels inside every report.
const notice = `/*! Contains ${uplot.split(" ", 2).join(" ")}.\n\n${licence}\n*/`;

mkdirSync(outdir, { recursive: true });
await build({
  entryPoints: { report: join(here, "src/main.js") },
  outdir,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: notice },
});
await build({
  entryPoints: { report: join(here, "src/report.css") },
  outdir,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
});
writeFileSync(
  join(outdir, "VERSIONS"),
  [
    "What report.js and report.css are made of, from web/package-lock.json.",
    "name version licence integrity",
    "",
    "Contained:",
    uplot,
    "",
    "Built with:",
    describe("esbuild"),
    "",
    "Licence of uplot:",
    "",
    licence,
    "",
  ].join("\n"),
);
