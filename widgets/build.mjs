// Builds lgstream/widgets/static: the bundle, its style sheet, the extension of JupyterLab and Notebook 7 that shows saved
// runs with them, and the hash of what they were made from.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);
const out = new URL("../lgstream/widgets/static/", here);

await mkdir(out, { recursive: true });
const options = {
  absWorkingDir: decodeURIComponent(here.pathname),
  outdir: decodeURIComponent(out.pathname),
  bundle: true,
  minify: true,
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  charset: "utf8",
  logLevel: "warning",
};
const banner = { js: "/*! With streaming-markdown, MIT: see runview.js.LICENSE */" };
await build({ ...options, entryPoints: ["src/runview.ts", "src/runview.css"], format: "esm", banner });
await build({ ...options, entryPoints: { remoteEntry: "src/remote.ts" }, format: "iife" });
await copyFile(new URL("node_modules/streaming-markdown/license", here), new URL("runview.js.LICENSE", out));

const { version, description, license } = JSON.parse(await readFile(new URL("package.json", here), "utf8"));
const jupyterlab = { mimeExtension: true, _build: { load: "remoteEntry.js", mimeExtension: "./run" } };
const labextension = { name: "lgstream", version, description, license, jupyterlab };
await writeFile(new URL("package.json", out), `${JSON.stringify(labextension, undefined, 2)}\n`);

// One line a file, "<sha256>  <path>", as sha256sum writes it; tests/widgets/test_bundle.py reads it without node.
const files = ["build.mjs", "package-lock.json", "package.json"];
for (const name of await readdir(new URL("src/", here))) files.push(`src/${name}`);
const lines = [];
for (const file of files.sort()) {
  const hash = createHash("sha256").update(await readFile(new URL(file, here)));
  lines.push(`${hash.digest("hex")}  ${file}\n`);
}
for (const name of ["package.json", "remoteEntry.js", "runview.css", "runview.js"]) {
  const hash = createHash("sha256").update(await readFile(new URL(name, out)));
  lines.push(`${hash.digest("hex")}  ../lgstream/widgets/static/${name}\n`);
}
await writeFile(new URL("sources.sha256", out), lines.join(""));
