import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";

const files = readdirSync("src").filter((name) => name.endsWith(".css") && name !== "runview.css");
const css = files.map((name) => readFileSync(`src/${name}`, "utf8")).join("\n");

/** The custom properties of the rule that starts with `selector`; a theme's variable gives its fallback. */
function palette(selector: string): Record<string, string> {
  const rule = css.slice(css.indexOf(selector), css.indexOf("}", css.indexOf(selector)));
  const found: Record<string, string> = {};
  for (const [, name, value] of rule.matchAll(/--lgs-(\w+): (?:var\([^,]+, )?(#[0-9a-f]{3,6})/g))
    found[name as string] = value as string;
  return found;
}

function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, "$&$&") : hex;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const themes = { light: palette(".lgs {"), dark: palette('[data-jp-theme-light="false"] .lgs') };
/** JupyterLab's own grounds, which the widget takes over, beside ours. */
const grounds = { light: "#ffffff", dark: "#212121" };

test.each(["light", "dark"] as const)("text holds 4.5:1 on every ground of the %s theme", (name) => {
  const theme = themes[name];
  for (const ground of [theme["bg"], theme["panel"], theme["band"], theme["sel"], theme["hover"], grounds[name]]) {
    for (const ink of ["ink", "dim", "accent", "ok", "bad", "wait"]) {
      expect(contrast(theme[ink] as string, ground as string), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test.each(["light", "dark"] as const)("the eight node colours hold 3:1 on the %s theme's grounds", (name) => {
  const theme = themes[name];
  for (let n = 0; n < 8; n++) {
    for (const ground of [theme["bg"], theme["band"], grounds[name]]) {
      expect(contrast(theme[`n${n}`] as string, ground as string), `n${n} on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  }
});

test("every class in the style sheet is ours, so that it styles nothing else in the notebook", () => {
  const classes = [...css.replaceAll(/\/\*.*?\*\//gs, "").matchAll(/(?<![\d\w])\.([a-z][\w-]*)/g)].map(
    ([, name]) => name,
  );
  expect(classes.filter((name) => name !== "lgs" && !name?.startsWith("lgs-") && name !== "vscode-dark")).toEqual([]);
});

test("no source writes HTML or runs text", () => {
  for (const file of readdirSync("src").filter((name) => name.endsWith(".ts"))) {
    const source = readFileSync(`src/${file}`, "utf8").replaceAll(/\/\*\*?.*?\*\//gs, "");
    expect(source, file).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
  }
});
