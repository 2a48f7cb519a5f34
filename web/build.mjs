// Builds the scripts, the style sheets and the list of what is in them.
// Usage: node build.mjs [OUTDIR]

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outdir = process.argv[2] ?? join(here, "../src/heapwise/report/assets");
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")).packages;

// Each page, and the packages that its script contains.
const PAGES = {
  report: { script: "src/main.js", style: "src/report.css", contains: ["uplot"] },
  flame: { script: "src/flame/main.js", style: "src/flame/flame.css", contains: ["@dagrejs/dagre", "@dagrejs/graphlib"] },
  watch: { script: "src/watch/main.js", style: "src/watch/watch.css", contains: ["uplot"] },
};

function describe(name) {
  const { version, license, integrity } = lock[`node_modules/${name}`];
  return `${name} ${version} ${license} ${integrity}`;
}

function licence(name) {
  return readFileSync(join(here, "node_modules", name, "LICENSE"), "utf8").trim();
}

// The notice travels inside the bundle, because the bundle travels inside every page.
function notice(names) {
  const parts = names.map((name) => `Contains ${describe(name).split(" ", 2).join(" ")}.\n\n${licence(name)}`);
  return `/*! ${parts.join("\n\n")}\n*/`;
}

const shared = { outdir, bundle: true, minify: true, charset: "utf8", legalComments: "none" };

mkdirSync(outdir, { recursive: true });
for (const [page, { script, style, contains }] of Object.entries(PAGES)) {
  await build({
    ...shared,
    entryPoints: { [page]: join(here, script) },
    format: "iife",
    target: "es2022",
    banner: { js: notice(contains) },
  });
  await build({ ...shared, entryPoints: { [page]: join(here, style) } });
}

const contained = [...new Set(Object.values(PAGES).flatMap((page) => page.contains))];
writeFileSync(
  join(outdir, "VERSIONS"),
  [
    "What the scripts and style sheets beside this are made of, from web/package-lock.json.",
    "name version licence integrity",
    "",
    "Contained:",
    ...contained.map(describe),
    "",
    "Built with:",
    describe("esbuild"),
    "",
    ...contained.flatMap((name) => [`Licence of ${name}:`, "", licence(name), ""]),
  ].join("\n"),
);
