/*
 * comb.tsx - the honeycomb: every host a cell, ten thousand of them without effort.
 *
 * Cells of one look are one small picture, drawn once and copied: a full redraw of 10,000 cells is a
 * few milliseconds. What moves with the pointer lives on a second canvas. Colour is never alone: states differ
 * by shape, values by size, and both are in the tooltip and in what screen readers are told.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { type JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { HostRow, HostState } from "../api.ts";
import { t } from "../i18n/index.ts";
import { cellAt, centre, type Comb, type Key, layout, step, usedWidth } from "../lib/honeycomb.ts";
import { inkOn, type Mode, ramp, SCALES } from "../lib/metric.ts";
import { rowKey } from "../lib/roll.ts";
import { hostPath } from "../lib/route.ts";
import { roll, rollTick } from "../store/fleet.ts";
import { prefs } from "../store/prefs.ts";
import { navigate } from "../store/router.ts";
import { CellTip } from "./celltip.tsx";
import { useSize } from "./parts.tsx";

const R_MAX = 92;
const LABEL_R = 30; // from this size on cells carry their name
const ROOMY_R = 62; // and from this one on more than one number
const STEPS = 24; // colours of a ramp

const CORNERS = [0, 1, 2, 3, 4, 5].map((k) => {
  const a = (Math.PI / 3) * k - Math.PI / 2;
  return [Math.cos(a), Math.sin(a)] as const;
});

interface Colours {
  states: Record<HostState, string>;
  onlineFill: string;
  text: string;
  onFill: string;
  panel: string;
  accent: string;
  font: string;
}

function colours(el: Element): Colours {
  const css = getComputedStyle(el);
  const v = (name: string): string => css.getPropertyValue(name).trim();
  return {
    states: {
      online: v("--online"),
      offline: v("--offline"),
      waiting: v("--waiting"),
      unknown: v("--unknown"),
    },
    onlineFill: v("--online-fill"),
    text: v("--text"),
    onFill: v("--on-fill"),
    panel: v("--panel"),
    accent: v("--accent"),
    font: css.fontFamily,
  };
}

function hexagon(ctx: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  ctx.beginPath();
  for (const [cx, cy] of CORNERS) ctx.lineTo(x + cx * r, y + cy * r);
  ctx.closePath();
}

/** The sign of a state: nothing, a cross, a dot, a dash. */
function drawSign(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  k: number,
  state: HostState,
  colour: string,
): void {
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = Math.max(1.2, k * 0.4);
  ctx.lineCap = "round";
  ctx.beginPath();
  if (state === "offline") {
    ctx.moveTo(x - k, y - k);
    ctx.lineTo(x + k, y + k);
    ctx.moveTo(x + k, y - k);
    ctx.lineTo(x - k, y + k);
    ctx.stroke();
  } else if (state === "waiting") {
    ctx.arc(x, y, k * 0.8, 0, Math.PI * 2);
    ctx.fill();
  } else if (state === "unknown") {
    ctx.moveTo(x - k * 0.8, y);
    ctx.lineTo(x + k * 0.8, y);
    ctx.stroke();
  }
}

function outline(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, colour: string): void {
  const thick = Math.max(1, Math.min(3, r * 0.13));
  hexagon(ctx, x, y, r * 0.94 - thick / 2);
  ctx.lineJoin = "round";
  ctx.lineWidth = thick;
  ctx.strokeStyle = colour;
  ctx.stroke();
}

/** The body of a state: filled when we know, an outline when we do not. */
function drawBody(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  r: number,
  state: HostState,
  c: Colours,
): void {
  if (state === "online" || state === "offline") {
    hexagon(ctx, x, y, r * 0.94);
    ctx.fillStyle = state === "online" ? c.onlineFill : c.states.offline;
    ctx.fill();
    return;
  }
  outline(ctx, x, y, r, c.states[state]);
}

function drawState(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  r: number,
  state: HostState,
  c: Colours,
): void {
  drawBody(ctx, x, y, r, state, c);
  drawSign(ctx, x, y, r * 0.36, state, state === "offline" ? c.panel : c.states[state]);
}

/** Which look a host has; hosts of the same look share a picture. */
function lookOf(h: HostRow, mode: Mode): number {
  if (mode !== "state" && h.state === "online") {
    const v = SCALES[mode].get(h);
    return v === null ? 4 : 5 + Math.round(SCALES[mode].at(v) * (STEPS - 1));
  }
  if (h.state === "offline") return mode === "state" ? 1 : HOLLOW;
  return h.state === "online" ? 0 : h.state === "waiting" ? 2 : 3;
}

/** Where on the ramp a look is. */
const shareOf = (look: number): number => (look - 5) / (STEPS - 1);

const STATES: HostState[] = ["online", "offline", "waiting", "unknown"];

/** Among values an absent host is an outline: the loud end of the ramp must not look like it. */
const HOLLOW = 1000;

function drawLook(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  r: number,
  look: number,
  c: Colours,
): void {
  if (look === HOLLOW) {
    outline(ctx, x, y, r, c.states.offline);
    drawSign(ctx, x, y, r * 0.36, "offline", c.states.offline);
    return;
  }
  if (look < 4) {
    drawState(ctx, x, y, r, STATES[look]!, c);
    return;
  }
  const share = look === 4 ? 0 : shareOf(look);
  const size = r * (look === 4 ? 0.3 : 0.5 + 0.43 * Math.sqrt(share));
  hexagon(ctx, x, y, size);
  ctx.fillStyle = look === 4 ? c.states.unknown : ramp(share, prefs.dark.value);
  ctx.fill();
}

/** Pictures of looks, made when first needed, for one size and one set of colours. */
class Sprites {
  private made = new Map<number, HTMLCanvasElement>();
  readonly half: number;

  constructor(
    private r: number,
    private scale: number,
    private c: Colours,
  ) {
    this.half = Math.ceil(r) + 1;
  }

  get(look: number): HTMLCanvasElement {
    let s = this.made.get(look);
    if (!s) {
      s = document.createElement("canvas");
      s.width = s.height = Math.ceil(this.half * 2 * this.scale);
      const ctx = s.getContext("2d")!;
      ctx.scale(this.scale, this.scale);
      drawLook(ctx, this.half, this.half, this.r, look, this.c);
      this.made.set(look, s);
    }
    return s;
  }
}

/** Sets the largest font of at most `size` in which `text` fits, and cuts it where none does. */
function fit(
  ctx: CanvasRenderingContext2D,
  text: string,
  width: number,
  size: number,
  weight: string,
  c: Colours,
): string {
  const least = Math.max(9, size * 0.68);
  ctx.font = `${weight} ${size}px ${c.font}`;
  const wide = ctx.measureText(text).width;
  if (wide <= width) return text;
  ctx.font = `${weight} ${Math.max(least, (size * width) / wide)}px ${c.font}`;
  if (ctx.measureText(text).width <= width * 1.01) return text;
  let s = text;
  while (s.length > 1 && ctx.measureText(`${s}…`).width > width) s = s.slice(0, -1);
  return `${s}…`;
}

/** How wide a hexagon of radius `r` is `dy` off its middle. */
function roomAt(r: number, dy: number): number {
  return Math.sqrt(3) * Math.min(r, 2 * (r - Math.abs(dy)));
}

/** What stands below the name: a state, the chosen value, or all three shares where there is room. */
function cellLines(h: HostRow, r: number, mode: Mode): string[] {
  if (h.state !== "online") return [t(`state.${h.state}`)];
  if (mode !== "state") return [SCALES[mode].text(SCALES[mode].get(h))];
  const line = (m: "cpu" | "mem" | "disk"): string =>
    `${t(`overview.by.${m}`)} ${SCALES[m].text(SCALES[m].get(h))}`;
  return r >= ROOMY_R ? [line("cpu"), line("mem"), line("disk")] : [line("cpu")];
}

/** A cell large enough for words: its sign, its name, and its value or its state. */
function drawLabelled(
  ctx: CanvasRenderingContext2D,
  h: HostRow,
  x: number,
  y: number,
  r: number,
  mode: Mode,
  c: Colours,
): void {
  const look = lookOf(h, mode);
  const online = h.state === "online";
  const hollow = look === HOLLOW;
  if (hollow) outline(ctx, x, y, r, c.states.offline);
  else if (look < 4) drawBody(ctx, x, y, r, h.state, c);
  else {
    // The value is there in words: all of the cell is their ground.
    hexagon(ctx, x, y, r * 0.94);
    ctx.fillStyle = look === 4 ? c.panel : ramp(shareOf(look), prefs.dark.value);
    ctx.fill();
    if (look === 4) outline(ctx, x, y, r, c.states.unknown);
  }
  const ink =
    look > 4 && !hollow
      ? inkOn(shareOf(look), prefs.dark.value)
      : h.state === "offline" && !hollow
        ? c.panel
        : online && mode === "state"
          ? c.onFill
          : c.text;
  if (!online)
    drawSign(
      ctx,
      x,
      y - r * 0.55,
      r * 0.11,
      h.state,
      h.state === "offline" && !hollow ? c.panel : c.states[h.state],
    );
  const size = Math.max(10, Math.min(19, r * 0.24));
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = ink;
  const write = (text: string, dy: number, px: number, weight: string): void => {
    const shown = fit(ctx, text, roomAt(r, dy) * 0.9, px, weight, c);
    ctx.fillText(shown, x, y + dy);
  };
  const lines = cellLines(h, r, mode);
  if (roll.isNamesake(h)) lines.unshift(h.ip);
  const pitch = size * 1.28;
  const first = online ? (-pitch * lines.length) / 2 : -size * 0.1;
  write(h.hostname || h.ip, first, size, "600");
  lines.forEach((text, i) => write(text, first + pitch * (i + 1), size * 0.9, "400"));
}

interface Frame {
  comb: Comb;
  left: number;
  top: number;
}

function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const scale = window.devicePixelRatio || 1;
  const w = Math.round(width * scale);
  const h = Math.round(height * scale);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext("2d")!;
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

function paint(
  canvas: HTMLCanvasElement,
  f: Frame,
  rows: readonly HostRow[],
  mode: Mode,
  width: number,
  height: number,
): void {
  const ctx = prepare(canvas, width, height);
  const c = colours(canvas);
  const { comb } = f;
  if (comb.r >= LABEL_R) {
    rows.forEach((h, i) => {
      const [x, y] = centre(comb, i);
      drawLabelled(ctx, h, f.left + x, f.top + y, comb.r, mode, c);
    });
    return;
  }
  const scale = window.devicePixelRatio || 1;
  const sprites = new Sprites(comb.r, scale, c);
  const side = sprites.half * 2;
  const odd = Math.round(comb.r) - comb.r; // rows begin at r: bring their centres to whole pixels
  for (let i = 0; i < rows.length; i++) {
    const [x, y] = centre(comb, i);
    // Whole device pixels keep the pictures sharp and the copy cheap.
    const px = Math.round((f.left + x - sprites.half) * scale) / scale;
    const py = Math.round((f.top + y + odd - sprites.half) * scale) / scale;
    ctx.drawImage(sprites.get(lookOf(rows[i]!, mode)), px, py, side, side);
  }
}

function mark(canvas: HTMLCanvasElement, f: Frame, index: number, width: number, height: number): void {
  const ctx = prepare(canvas, width, height);
  if (index < 0) return;
  const c = colours(canvas);
  const [x, y] = centre(f.comb, index);
  hexagon(ctx, f.left + x, f.top + y, f.comb.r * 1.06 + 1);
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = c.panel;
  ctx.stroke();
  ctx.lineWidth = 2;
  ctx.strokeStyle = c.text;
  ctx.stroke();
}

function spoken(h: HostRow, mode: Mode): string {
  const value =
    mode === "state"
      ? `CPU ${SCALES.cpu.text(h.cpu)}`
      : `${t(`overview.by.${mode}`)} ${SCALES[mode].text(SCALES[mode].get(h))}`;
  return t("overview.comb.cell", { host: h.hostname || h.ip, ip: h.ip, state: t(`state.${h.state}`), value });
}

const keyOf = (h: HostRow | undefined): string => (h ? rowKey(h) : "");

/** Narrow screens put panels below one another: there the comb takes what it needs (overview.css). */
function stacked(): boolean {
  return matchMedia("(max-width: 1100px)").matches;
}

/** The honeycomb of the whole roll; as high as its box, or as its cells need. */
export function Honeycomb({ mode }: { mode: Mode }): JSX.Element {
  const [box, boxWidth, boxHeight] = useSize<HTMLDivElement>();
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const [chosen, setChosen] = useState(""); // the key of the host under pointer or keyboard
  const [keyed, setKeyed] = useState(false); // chosen by keyboard
  const touched = useRef("");

  void rollTick.value;
  const { rows } = roll;
  const dark = prefs.dark.value;
  const lang = prefs.lang.value;
  const width = Math.floor(boxWidth);
  const offered = stacked() ? Math.min(window.innerHeight * 0.56, 460) : boxHeight;
  const comb = layout(rows.length, width, offered, width < 600 ? 3.6 : 5, R_MAX);
  const height = Math.max(Math.floor(offered), Math.ceil(comb.height - 0.5));
  const frame: Frame = {
    comb,
    left: Math.max(0, Math.round((width - usedWidth(comb)) / 2)),
    top: Math.max(0, Math.round((offered - comb.height) / 2)),
  };
  const index = chosen ? rows.findIndex((h) => rowKey(h) === chosen) : -1;
  const host = rows[index];

  useEffect(() => {
    if (base.current && width > 0) paint(base.current, frame, rows, mode, width, height);
  }, [rollTick.value, mode, dark, lang, width, height, comb.r]);
  useEffect(() => {
    if (over.current && width > 0) mark(over.current, frame, index, width, height);
  }, [index, dark, width, height, comb.r, rows.length]);

  const at = (e: PointerEvent | MouseEvent): HostRow | undefined => {
    const r = over.current!.getBoundingClientRect();
    return rows[cellAt(comb, e.clientX - r.left - frame.left, e.clientY - r.top - frame.top)];
  };
  const onMove = (e: PointerEvent): void => {
    if (e.pointerType === "touch") return;
    setKeyed(false);
    setChosen(keyOf(at(e)));
  };
  const onClick = (e: MouseEvent): void => {
    const h = at(e);
    setChosen(keyOf(h));
    if (!h) {
      touched.current = "";
      return;
    }
    const touch = (e as PointerEvent).pointerType === "touch";
    // A finger cannot hover: the first tap shows, the second opens.
    if (touch && touched.current !== rowKey(h)) touched.current = rowKey(h);
    else navigate(hostPath(h.ip));
  };
  const onKey = (e: KeyboardEvent): void => {
    if (e.key === "Enter" && host) navigate(hostPath(host.ip));
    else if (e.key === "Escape") setChosen("");
    else if (/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(e.key)) {
      setKeyed(true);
      setChosen(keyOf(rows[step(comb, index, e.key as Key)]));
    } else return;
    e.preventDefault();
  };

  const [cx, cy] = host ? centre(comb, index) : [0, 0];
  return (
    <div
      ref={box}
      class="comb"
      tabIndex={0}
      role="application"
      aria-label={t("overview.comb")}
      onKeyDown={onKey}
      onBlur={() => keyed && setChosen("")}
      onPointerLeave={(e) => e.pointerType !== "touch" && !keyed && setChosen("")}
    >
      <div class="comb-inner" style={{ height: `${height}px` }}>
        <canvas ref={base} />
        <canvas ref={over} class={host ? "hand" : ""} onPointerMove={onMove} onClick={onClick} />
        {host && (
          <CellTip
            host={host}
            x={frame.left + cx}
            y={frame.top + cy}
            r={comb.r}
            width={width}
            touch={touched.current === chosen}
          />
        )}
      </div>
      <div class="sr" aria-live="polite">
        {keyed && host ? spoken(host, mode) : ""}
      </div>
    </div>
  );
}
