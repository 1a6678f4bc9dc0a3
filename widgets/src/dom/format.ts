/** Numbers, durations and short texts for readers; mirrors `lgstream/views/text/format.py`. Times are in seconds. */

import { joinedNodes } from "../model/triggers";

export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
}

/** "after a and b", the nodes that a task waited for, if there are several; else "". */
export function describeJoin(triggers: readonly string[]): string {
  const names = triggers.map(joinedNodes).find((nodes) => nodes.length > 0);
  return names ? `after ${names.join(" and ")}` : "";
}

/** A duration in tenths of a second, for a clock that ticks: its unit does not change during the first minute. */
export function formatClock(seconds: number): string {
  return seconds < 59.95 ? `${Math.max(0, seconds).toFixed(1)} s` : formatDuration(seconds);
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

export function formatNumber(value: number): string {
  return value.toLocaleString("en-US");
}

/** A count in few characters: 2K for 2,000. */
export function formatCompact(value: number): string {
  return value.toLocaleString("en-US", { notation: "compact" });
}

/** An amount of US dollars, with two significant digits if it is a fraction of a dollar. */
export function formatDollars(value: number): string {
  if (value >= 0.995) return `$${value.toFixed(2)}`;
  return `$${value.toFixed(Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(value)))))}`;
}

export function formatCount(value: number, noun: string): string {
  return `${formatNumber(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** The text on one line of at most `length` characters. */
export function clip(text: string, length: number): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** Arguments as in a function call, `(place="office", n=3)`; the JSON as it is while it is incomplete. */
export function toolArguments(json: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json === "" ? "{}" : json);
  } catch {
    return ` ${json}`; // still incomplete
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `(${json})`;
  const named = Object.entries(value).map(([name, argument]) => `${name}=${JSON.stringify(argument)}`);
  return `(${named.join(", ")})`;
}
