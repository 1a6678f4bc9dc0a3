/**
 * The module that JupyterLab and Notebook 7 load when they start: a module federation container, written by hand because
 * it shares only one package. They call `init` with the shared packages, then `get` for the module that package.json
 * names. The reader and the view are loaded with the first run that is shown.
 */

import { type LuminoWidget, type SavedRunModules, mimeExtension } from "./mimeRenderer";

type SharedScope = Record<string, Record<string, { get(): Promise<() => unknown> }>>;
type Containers = Record<string, unknown>;

const folder = (document.currentScript as HTMLScriptElement).src;
let sharedScope: SharedScope = {};
let loading: Promise<SavedRunModules> | undefined;

async function get(): Promise<() => object> {
  const [widgets] = Object.values(sharedScope["@lumino/widgets"] ?? {});
  if (widgets === undefined) throw new Error("lgstream needs @lumino/widgets, which this notebook does not share.");
  const { Widget } = (await widgets.get())() as { Widget: new () => LuminoWidget };
  const module = { __esModule: true, default: mimeExtension(Widget, () => (loading ??= loadModules())) };
  return () => module;
}

async function loadModules(): Promise<SavedRunModules> {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("runview.css", folder).href;
  const styleLoaded = new Promise((resolve) => (style.onload = style.onerror = resolve));
  document.head.append(style);
  const [{ readSavedRun }, { showSavedRun }] = await Promise.all([
    load("savedRun.js"),
    load("runview.js"),
    styleLoaded,
  ]);
  return { readSavedRun, showSavedRun };
}

function load(name: string): Promise<SavedRunModules> {
  return import(new URL(name, folder).href) as Promise<SavedRunModules>;
}

const page = window as unknown as { _JUPYTERLAB?: Containers };
(page._JUPYTERLAB ??= {})["lgstream"] = { init: (scope: SharedScope) => void (sharedScope = scope), get };
