// Builds lgstream/widgets/static: the bundle and its style sheet, the JupyterLab and Notebook 7 extension that shows saved
// runs with them, and the hashes of the sources and of the files built from them.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = new URL("./", import.meta.url);
const out = new URL("../lgstream/widgets/static/", here);

await mkdir(out, { recursive: true });
const options = {
  absWorkingDir: decodeURIComponent(here.pathname),
  outdir: decodeURIComponent(out.pathname),
  bundle: true,
  minify: true,
  pure: ["console.assert"], // of the Markdown parser
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  charset: "utf8",
  logLevel: "warning",
};
const banner = { js: "/*! With streaming-markdown, MIT: see runview.js.LICENSE */" };
await build({ ...options, entryPoints: ["src/runview.ts", "src/runview.css"], format: "esm", banner });
await build({ ...options, entryPoints: { savedRun: "src/protocol/saved.ts" }, format: "esm" });
await build({ ...options, entryPoints: { remoteEntry: "src/labextension.ts" }, format: "iife" });
await copyFile(new URL("node_modules/streaming-markdown/license", here), new URL("runview.js.LICENSE", out));

const { description, license } = JSON.parse(await readFile(new URL("package.json", here), "utf8"));
const [, version] = /^__version__ = "(.*)"$/m.exec(await readFile(new URL("../lgstream/__init__.py", here), "utf8"));
const jupyterlab = { mimeExtension: true, _build: { load: "remoteEntry.js", mimeExtension: "./run" } };
const labextension = { name: "lgstream", version, description, license, jupyterlab };
await writeFile(new URL("package.json", out), `${JSON.stringify(labextension, undefined, 2)}\n`);

// One line per file, "<sha256>  <path>", in the format of sha256sum. tests/widgets/test_bundle.py reads it without Node.
const files = ["build.mjs", "package-lock.json", "package.json"];
for (const entry of await readdir(new URL("src/", here), { recursive: true, withFileTypes: true })) {
  if (entry.isFile())
    files.push(relative(fileURLToPath(here), join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}
const lines = [];
for (const file of files.sort()) {
  const hash = createHash("sha256").update(await readFile(new URL(file, here)));
  lines.push(`${hash.digest("hex")}  ${file}\n`);
}
for (const name of ["package.json", "remoteEntry.js", "runview.css", "runview.js", "savedRun.js"]) {
  const hash = createHash("sha256").update(await readFile(new URL(name, out)));
  lines.push(`${hash.digest("hex")}  ../lgstream/widgets/static/${name}\n`);
}
await writeFile(new URL("sources.sha256", out), lines.join(""));
