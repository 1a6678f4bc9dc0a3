// Builds lgstream/widgets/static: the bundle, its style sheet, and the hash of what they were made from.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);
const out = new URL("../lgstream/widgets/static/", here);

await mkdir(out, { recursive: true });
await build({
  absWorkingDir: decodeURIComponent(here.pathname),
  entryPoints: ["src/runview.ts", "src/runview.css"],
  outdir: decodeURIComponent(out.pathname),
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  charset: "utf8",
  banner: { js: "/*! With streaming-markdown, MIT: see runview.js.LICENSE */" },
  logLevel: "warning",
});
await copyFile(new URL("node_modules/streaming-markdown/license", here), new URL("runview.js.LICENSE", out));

// One line a file, "<sha256>  <path>", as sha256sum writes it; tests/widgets/test_bundle.py reads it without node.
const files = ["build.mjs", "package-lock.json", "package.json"];
for (const name of await readdir(new URL("src/", here))) files.push(`src/${name}`);
const lines = [];
for (const file of files.sort()) {
  const hash = createHash("sha256").update(await readFile(new URL(file, here)));
  lines.push(`${hash.digest("hex")}  ${file}\n`);
}
for (const name of ["runview.css", "runview.js"]) {
  const hash = createHash("sha256").update(await readFile(new URL(name, out)));
  lines.push(`${hash.digest("hex")}  ../lgstream/widgets/static/${name}\n`);
}
await writeFile(new URL("sources.sha256", out), lines.join(""));
