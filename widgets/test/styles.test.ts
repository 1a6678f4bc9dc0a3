import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";

const files = readdirSync("src", { recursive: true, encoding: "utf8" });
const sheets = files.filter((name) => name.endsWith(".css") && name !== "runview.css");
const css = sheets.map((name) => readFileSync(`src/${name}`, "utf8")).join("\n");

/** The custom properties of the rule that starts with `selector`; a theme's variable gives its fallback. */
function palette(selector: string): Record<string, string> {
  const rule = css.slice(css.indexOf(selector), css.indexOf("}", css.indexOf(selector)));
  const colours = rule.matchAll(/--lgs-(\w+): (?:var\([^,]+, )?(#[0-9a-f]{3,6})/g);
  return Object.fromEntries([...colours].map(([, name, value]) => [name, value]));
}

/** The grounds that are mixed from a theme's colours, on the ground `bg`. */
function grounds(theme: Record<string, string>, bg: string): string[] {
  const mixes = css.matchAll(/--lgs-\w+: color-mix\(in srgb, var\(--lgs-(\w+)\) (\d+)%, var\(--lgs-bg\)\)/g);
  return [
    bg,
    ...[...mixes].filter(([, , part]) => Number(part) < 15).map(([, ink, part]) => mix(theme[ink!]!, bg, Number(part))),
  ];
}

function channels(hex: string): number[] {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, "$&$&") : hex;
  return [1, 3, 5].map((at) => parseInt(full.slice(at, at + 2), 16));
}

function mix(a: string, b: string, part: number): string {
  const [from, to] = [channels(a), channels(b)];
  const mixed = from.map((value, at) => Math.round((value * part + to[at]! * (100 - part)) / 100));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function luminance(hex: string): number {
  const [r, g, b] = channels(hex).map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const light = palette(".lgs {");
const themes = { light, dark: { ...light, ...palette('[data-jp-theme-light="false"] .lgs') } };
/** Our own ground, and JupyterLab's, which the widget takes over. */
const bases = { light: [light["bg"]!, "#ffffff"], dark: [themes.dark["bg"]!, "#212121", "#111111"] };

test.each(["light", "dark"] as const)("text has a contrast of 4.5:1 on every background of the %s theme", (name) => {
  const theme = themes[name];
  for (const ground of bases[name].flatMap((base) => grounds(theme, base))) {
    for (const ink of ["ink", "dim", "accent", "ok", "bad", "wait"]) {
      expect(contrast(theme[ink]!, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test.each(["light", "dark"] as const)(
  "the eight node colours have a contrast of 3:1 on every background of the %s theme",
  (name) => {
    const theme = themes[name];
    for (const ground of bases[name].flatMap((base) => grounds(theme, base))) {
      for (let n = 0; n < 8; n++)
        expect(contrast(theme[`n${n}`]!, ground), `n${n} on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  },
);

test("the two tests above find the backgrounds", () => {
  expect(grounds(themes.light, "#ffffff")).toHaveLength(5);
});

test("every class in the style sheets starts with lgs-, so that nothing else in the notebook is styled", () => {
  const classes = [...css.replaceAll(/\/\*.*?\*\//gs, "").matchAll(/(?<![\d\w])\.([a-z][\w-]*)/g)].map(
    ([, name]) => name,
  );
  expect(classes.filter((name) => name !== "lgs" && !name?.startsWith("lgs-") && name !== "vscode-dark")).toEqual([]);
});

test("no source writes HTML or runs text", () => {
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    const source = readFileSync(`src/${file}`, "utf8").replaceAll(/\/\*\*?.*?\*\//gs, "");
    expect(source, file).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/);
  }
});
