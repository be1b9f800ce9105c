/*
 * metric.ts - what a cell of the honeycomb can be coloured by, and on which scale.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { HostRow } from "../api.ts";
import { load, percent, rate } from "./format.ts";

export const MODES = ["state", "cpu", "mem", "disk", "load", "net"] as const;
export type Mode = (typeof MODES)[number];
export type MetricMode = Exclude<Mode, "state">;

interface Scale {
  get: (h: HostRow) => number | null;
  /** 0 … 1 along the ramp; values beyond its end are its end. */
  at: (v: number) => number;
  text: (v: number | null) => string;
  /** Values marked on the legend, the last one being the end of the ramp. */
  ticks: number[];
}

const clamp = (v: number): number => Math.max(0, Math.min(1, v));
const share = (get: Scale["get"]): Scale => ({
  get: (h) => get(h) ?? null,
  at: (v) => clamp(v / 100),
  text: percent,
  ticks: [0, 25, 50, 75, 100],
});

const LOAD_END = 2; // per core
const NET_END = 6; // log10 of KB/s: 1 GB/s

export const SCALES: Record<MetricMode, Scale> = {
  cpu: share((h) => h.cpu),
  mem: share((h) => h.mem),
  disk: share((h) => h.disk),
  load: {
    get: (h) => (h.load1 === null || h.load1 === undefined ? null : h.load1 / Math.max(1, h.cores ?? 1)),
    at: (v) => clamp(v / LOAD_END),
    text: load,
    ticks: [0, 0.5, 1, 1.5, LOAD_END],
  },
  net: {
    get: (h) => ((h.net_in ?? h.net_out ?? null) === null ? null : (h.net_in ?? 0) + (h.net_out ?? 0)),
    at: (v) => clamp(Math.log10(v + 1) / NET_END),
    text: rate,
    ticks: [0, 1024, 1024 * 1024],
  },
};

type Rgb = readonly [number, number, number];

const hex = (s: string): Rgb => [1, 3, 5].map((i) => parseInt(s.slice(i, i + 2), 16)) as unknown as Rgb;

// Quiet where all is quiet, loud where it is not; lightness moves one way, so that it reads without hue.
const RAMPS: Record<"dark" | "light", [number, Rgb][]> = {
  dark: [
    [0, hex("#1c3d4f")],
    [0.4, hex("#2a8384")],
    [0.65, hex("#d3a62c")],
    [0.82, hex("#ee7f3a")],
    [1, hex("#ff5a6a")],
  ],
  light: [
    [0, hex("#cfe3ea")],
    [0.4, hex("#76b5b3")],
    [0.65, hex("#dba92f")],
    [0.82, hex("#d9682b")],
    [1, hex("#b8203a")],
  ],
};

function colourAt(x: number, dark: boolean): Rgb {
  const stops = RAMPS[dark ? "dark" : "light"];
  let i = 1;
  while (i < stops.length - 1 && x > stops[i]![0]) i++;
  const [x0, a] = stops[i - 1]!;
  const [x1, b] = stops[i]!;
  const f = clamp((x - x0) / (x1 - x0));
  return a.map((v, k) => Math.round(v + (b[k]! - v) * f)) as unknown as Rgb;
}

/** The colour at `x` (0 … 1) of the ramp. */
export function ramp(x: number, dark: boolean): string {
  return `rgb(${colourAt(x, dark).join(",")})`;
}

/** How bright a colour is, as WCAG counts contrast. */
export function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((c) =>
    c <= 10 ? c / 3294 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  ) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The ink that can be read on that colour: black or white, whichever stands out more. */
export function inkOn(x: number, dark: boolean): string {
  return luminance(colourAt(x, dark)) > 0.179 ? "#000000" : "#ffffff";
}
