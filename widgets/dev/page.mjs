// Writes a page that shows a run without Jupyter: node dev/page.mjs OUT.html
// Open it with #scenario,theme,mode: scenarios of scenarios.ts; light or dark; "whole" at once, or "live" as it happened;
// then, if wanted, the one part to show.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const out = process.argv[2];
if (out === undefined) throw new Error("where to? node dev/page.mjs OUT.html");
const here = new URL("../", import.meta.url);
const scratch = await mkdtemp(join(tmpdir(), "lgs-page-"));
await build({
  absWorkingDir: decodeURIComponent(here.pathname),
  entryPoints: { page: "dev/page.ts", style: "src/runview.css" },
  outdir: scratch,
  bundle: true,
  format: "esm",
});
const script = (await readFile(join(scratch, "page.js"), "utf8")).replaceAll("</script", "<\\/script");
const style = await readFile(join(scratch, "style.css"), "utf8");
await rm(scratch, { recursive: true });
await writeFile(
  out,
  `<!doctype html><meta charset="utf-8"><title>RunView</title><style>${style}
body { margin: 0; padding: 16px; background: #f0f1f3; font: 13px/1.45 system-ui, sans-serif }
body[data-jp-theme-light="false"] { background: #000 }</style>
<body><div id="cell"></div><script type="module">${script}</script>`,
);
