/**
 * What JupyterLab and Notebook 7 load of lgstream when they start: a container of module federation, made by hand, for
 * it shares one thing only. They call `init` with what they lend, and then `get` the module that package.json names.
 * The painters are loaded with the first run that is shown.
 */

import { type LuminoWidget, type Show, extension } from "./mimeRenderer";

type Lent = Record<string, Record<string, { get(): Promise<() => unknown> }>>;
type Containers = Record<string, unknown>;

const folder = (document.currentScript as HTMLScriptElement).src;
let lent: Lent = {};
let shown: Promise<Show> | undefined;

async function get(): Promise<() => object> {
  const [widgets] = Object.values(lent["@lumino/widgets"] ?? {});
  if (widgets === undefined) throw new Error("lgstream finds no @lumino/widgets to build on.");
  const { Widget } = (await widgets.get())() as { Widget: new () => LuminoWidget };
  const module = { __esModule: true, default: extension(Widget, () => (shown ??= painters())) };
  return () => module;
}

async function painters(): Promise<Show> {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("runview.css", folder).href;
  const styled = new Promise((resolve) => (style.onload = style.onerror = resolve));
  document.head.append(style);
  const [{ show }] = await Promise.all([import(new URL("runview.js", folder).href), styled]);
  return show as Show;
}

const page = window as unknown as { _JUPYTERLAB?: Containers };
(page._JUPYTERLAB ??= {})["lgstream"] = { init: (scope: Lent) => void (lent = scope), get };
