/*
 * chart.tsx - a chart of the last five minutes, on uPlot.
 *
 * All charts of a page share one cursor: the legend of each then shows the values of that moment, and
 * without a cursor those of now. The time axis ends at the server's present, so that a source which
 * fell silent is seen to move away.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Sample } from "../api.ts";
import { clock, NONE } from "../lib/format.ts";
import { columns, nearest, stack, WINDOW_S } from "../lib/ring.ts";
import { prefs } from "../store/prefs.ts";
import { useSize } from "../ui/parts.tsx";

export interface Line {
  key: string;
  label: string;
  /** A custom property of app.css, such as --c1. */
  colour: string;
  get: (s: Sample) => number | null | undefined;
  dash?: boolean;
  /** Drawn downwards from zero. */
  below?: boolean;
}

export interface ChartProps {
  title: string;
  lines: readonly Line[];
  format: (v: number | null | undefined) => string;
  samples: readonly Sample[];
  /** Moves when `samples` did. */
  tick: number;
  end: number; // seconds
  stacked?: boolean;
  /** The least upper end of the scale; the scale grows beyond it unless `fixed`. */
  top?: number;
  fixed?: boolean;
  /** Round scale steps in powers of 1024, for bytes. */
  binary?: boolean;
  mark?: string;
  children?: ComponentChildren;
}

/** The moment under the pointer, seconds; null when there is none. */
export const cursorTs = signal<number | null>(null);

const SYNC = "host";
const AXIS_W = 62;

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const rgb = (colour: string): number[] => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

function alpha(colour: string, a: number): string {
  return `rgba(${rgb(colour).join(",")},${a})`;
}

/** Opaque, so that what is stacked does not shine through: `share` of the colour, the rest the panel's. */
function mixed(colour: string, share: number): string {
  const panel = rgb(css("--panel"));
  return `rgb(${rgb(colour)
    .map((v, i) => Math.round(v * share + panel[i]! * (1 - share)))
    .join(",")})`;
}

const BINARY_STEPS: number[] = [];
for (let e = -3; e < 40; e++) BINARY_STEPS.push(2 ** e);

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

/** Upper end of a scale: a little air above the highest value, never less than `least`. */
function ceiling(max: number, least: number): number {
  return Math.max(least, max * 1.12);
}

function options(p: ChartProps, width: number, height: number): uPlot.Options {
  const grid = { stroke: css("--grid"), width: 1 };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: css("--muted"), font, grid, ticks: { show: false } };
  const mirrored = p.lines.some((l) => l.below);
  const lines = p.stacked ? [...p.lines].reverse() : p.lines;
  return {
    width,
    height,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: SYNC, setSeries: false },
      drag: { x: false, y: false },
      y: false,
      points: { show: false },
    },
    scales: {
      x: { time: true, range: () => [p.end - WINDOW_S, p.end] },
      y: {
        range: (_u, min, max) => {
          if (p.fixed) return [0, p.top ?? 100];
          const up = ceiling(max ?? 0, p.top ?? 1);
          if (!mirrored) return [0, up];
          // Both halves alike: a quiet one would have no room for a label.
          const end = Math.max(up, ceiling(-(min ?? 0), p.top ?? 1));
          return [-end, end];
        },
      },
    },
    axes: [
      { ...axis, size: 24, space: 70, values: (_u, splits) => splits.map((s) => clock(s * 1000)) },
      {
        ...axis,
        size: AXIS_W,
        gap: 4,
        space: 26,
        // A scale with an end is labelled at its end.
        ...(p.fixed ? { splits: () => QUARTERS.map((q) => q * (p.top ?? 100)) } : {}),
        ...(p.binary ? { incrs: BINARY_STEPS } : {}),
        values: (_u, splits) => splits.map((v) => p.format(Math.abs(v))),
      },
    ],
    series: [
      {},
      ...lines.map((l): uPlot.Series => {
        const colour = css(l.colour);
        return {
          label: l.label,
          stroke: colour,
          width: p.stacked ? 1 : 1.5,
          ...(p.stacked
            ? { fill: mixed(colour, 0.62) }
            : mirrored || p.lines.length === 1
              ? { fill: alpha(colour, 0.16) }
              : {}),
          ...(l.dash ? { dash: [5, 4] } : {}),
          points: { show: false },
          spanGaps: false,
        };
      }),
    ],
    hooks: {
      setCursor: [
        (u) => {
          const { left } = u.cursor;
          cursorTs.value = left === undefined || left === null || left < 0 ? null : u.posToVal(left, "x");
        },
      ],
    },
  };
}

function dataOf(p: ChartProps): uPlot.AlignedData {
  const [xs, ...ys] = columns(
    p.samples,
    p.lines.map((l) => l.get),
  );
  if (p.stacked) return [xs, ...stack(ys).reverse()] as uPlot.AlignedData;
  return [
    xs,
    ...ys.map((y, i) => (p.lines[i]!.below ? y.map((v) => (v === null ? null : -v)) : y)),
  ] as uPlot.AlignedData;
}

/** The sample legends speak of: the one under the cursor, else the newest. */
export function shownSample(samples: readonly Sample[]): Sample | undefined {
  const ts = cursorTs.value;
  return ts === null ? samples[samples.length - 1] : samples[nearest(samples, ts)];
}

function Legend({ p }: { p: ChartProps }): JSX.Element {
  const s = shownSample(p.samples);
  return (
    <dl class="chart-legend">
      {p.lines.map((l) => (
        <div key={l.key} class={`swatch ${l.colour.slice(2)} ${l.dash ? "dash" : ""}`}>
          <dt>{l.label}</dt>
          <dd>{s ? p.format(l.get(s) ?? null) : NONE}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Chart(p: ChartProps): JSX.Element {
  const [box, width, height] = useSize<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const props = useRef({ ...p });
  // uPlot keeps the functions it was made with: they read the newest properties through this.
  Object.assign(props.current, p);
  const dark = prefs.dark.value;
  const shape = p.lines.map((l) => l.key).join();

  useEffect(() => {
    if (!box.current || width === 0) return undefined;
    const u = new uPlot(options(props.current, width, height), dataOf(props.current), box.current);
    plot.current = u;
    return () => {
      plot.current = null;
      u.destroy();
    };
  }, [dark, shape, prefs.lang.value, width > 0]);

  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height]);

  useEffect(() => {
    plot.current?.setData(dataOf(props.current));
  }, [p.tick, p.end, p.lines]);

  return (
    <section class="panel chart">
      <header class="panel-head">
        <h2>
          {p.title}
          {p.mark && <span class="dim"> {p.mark}</span>}
        </h2>
        <Legend p={p} />
      </header>
      <div class="plot" ref={box} />
      {p.children}
    </section>
  );
}
