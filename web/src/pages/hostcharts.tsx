/*
 * hostcharts.tsx - the charts of the host page and the tables below them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { CpuTimes, FileSystem, Sample } from "../api.ts";
import { Chart, type Line, shownSample } from "../chart/chart.tsx";
import { t } from "../i18n/index.ts";
import { count, fromKb, fromMb, load, percent, rate } from "../lib/format.ts";
import {
  busy,
  CPU_SHOWN,
  cpuShare,
  type CpuShown,
  DISK_ALL,
  diskRate,
  interfaces,
  NET_ALL,
  netRate,
} from "../lib/sample.ts";
import { prefs } from "../store/prefs.ts";
import { Icon } from "../ui/icons.tsx";
import { Meter } from "../ui/parts.tsx";

export interface Common {
  samples: readonly Sample[];
  tick: number;
  end: number;
  /** What is newest is old. */
  stale: boolean;
}

const CPU_COLOURS: Record<CpuShown, string> = {
  system: "--c2",
  user: "--c1",
  nice: "--c3",
  iowait: "--c4",
  irq: "--c5",
  softirq: "--c6",
  steal: "--c7",
  guest: "--c8",
};

// Shown even while they are zero: one looks for them.
const CPU_ALWAYS = new Set<CpuShown>(["system", "user", "iowait"]);

function useCpuLines(samples: readonly Sample[]): Line[] {
  const seen = CPU_SHOWN.filter(
    (m) => CPU_ALWAYS.has(m) || samples.some((s) => (cpuShare(s.cpu, m) ?? 0) > 0.05),
  );
  const shape = seen.join();
  return useMemo(
    () =>
      seen.map((m) => ({
        key: m,
        label: t(`cpu.${m}`),
        colour: CPU_COLOURS[m],
        get: (s: Sample) => cpuShare(s.cpu, m),
      })),
    [shape, prefs.lang.value],
  );
}

const WIDE_CORES = 16; // up to here each core has a line with its number
const ORDER: CpuShown[] = ["system", "user", "nice", "softirq", "steal", "iowait"];

function Cores({ sample }: { sample: Sample | undefined }): JSX.Element | null {
  const cores = sample?.cpu?.cores;
  if (!cores || cores.length === 0) return null;
  const wide = cores.length <= WIDE_CORES;
  const parts = (c: CpuTimes): JSX.Element[] =>
    ORDER.map((mode) => {
      const share = `${cpuShare(c, mode) ?? 0}%`;
      return (
        <i
          key={mode}
          class={CPU_COLOURS[mode].slice(2)}
          style={wide ? { width: share } : { height: share }}
        />
      );
    });
  return (
    <div class={`cores ${wide ? "wide" : ""}`} role="list" aria-label={t("chart.cores")}>
      {cores.map((c, n) => {
        const p = percent(busy(c));
        const text = t("chart.core", { n: String(n), p });
        return (
          <div key={n} class="core" role="listitem" title={text} aria-label={text}>
            {wide && <small>{n}</small>}
            <span class="core-bar">{parts(c)}</span>
            {wide && <span class="core-num">{p}</span>}
          </div>
        );
      })}
    </div>
  );
}

export function CpuChart(p: Common): JSX.Element {
  const lines = useCpuLines(p.samples);
  const s = shownSample(p.samples);
  return (
    <Chart
      {...p}
      title={t("chart.cpu")}
      mark={
        p.stale
          ? t("chart.busy.last", { p: percent(busy(s?.cpu)) })
          : `${percent(busy(s?.cpu))} ${t("chart.busy")}`
      }
      lines={lines}
      format={percent}
      stacked
      fixed
      top={100}
    >
      <Cores sample={s} />
    </Chart>
  );
}

export function MemoryChart(p: Common): JSX.Element {
  const lines = useMemo<Line[]>(
    () => [
      { key: "used", label: t("mem.used"), colour: "--c1", get: (s) => s.mem?.abs_used },
      { key: "buffers", label: t("mem.buffers"), colour: "--c3", get: (s) => s.mem?.buffers },
      { key: "cached", label: t("mem.cached"), colour: "--c6", get: (s) => s.mem?.cached },
    ],
    [prefs.lang.value],
  );
  const s = shownSample(p.samples);
  const total = s?.mem?.total ?? null;
  const m = s?.mem;
  return (
    <Chart
      {...p}
      title={t("chart.memory")}
      mark={total === null ? "" : `${fromMb(total)} ${t("mem.total")}`}
      lines={lines}
      format={fromMb}
      stacked
      fixed
      top={total ?? 1}
      binary
    >
      <dl class="pairs">
        <div>
          <dt>{t("mem.available")}</dt>
          <dd>{fromMb(m?.available)}</dd>
        </div>
        <div>
          <dt>{t("mem.free")}</dt>
          <dd>{fromMb(m?.free)}</dd>
        </div>
        <div>
          <dt>{t("mem.swap")}</dt>
          <dd>
            {m?.swap_total === 0 ? t("mem.swap.none") : fromMb(m?.swap_used)}
            {m?.swap_total ? <span class="dim"> / {fromMb(m.swap_total)}</span> : ""}
          </dd>
        </div>
      </dl>
    </Chart>
  );
}

export function LoadChart(p: Common & { cores: number | null }): JSX.Element {
  const lines = useMemo<Line[]>(
    () => [
      { key: "w1", label: t("load.1"), colour: "--c1", get: (s) => s.load?.w1_avg },
      { key: "w5", label: t("load.5"), colour: "--c6", get: (s) => s.load?.w5_avg },
      { key: "w15", label: t("load.15"), colour: "--c8", get: (s) => s.load?.w15_avg, dash: true },
    ],
    [prefs.lang.value],
  );
  return (
    <Chart
      {...p}
      title={t("chart.load")}
      mark={p.cores ? t("chart.load.cores", { n: p.cores }) : ""}
      lines={lines}
      format={load}
      top={Math.max(1, (p.cores ?? 1) / 4)}
    />
  );
}

interface DeviceRow {
  name: string;
  label: string;
  cells: (JSX.Element | string)[];
}

/** Devices as rows; the chosen one is what the chart above shows. */
function Devices(p: {
  heads: string[];
  rows: DeviceRow[];
  chosen: string;
  choose: (name: string) => void;
  note?: string;
}): JSX.Element {
  return (
    <div class="scroll-x">
      <table class="devices">
        <thead>
          <tr>
            {p.heads.map((h, i) => (
              <th key={i} scope="col">
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {p.rows.map((r) => (
            <tr key={r.name} class={r.name === p.chosen ? "chosen" : ""} onClick={() => p.choose(r.name)}>
              <th scope="row">
                <button type="button" aria-pressed={r.name === p.chosen} onClick={() => p.choose(r.name)}>
                  {r.label}
                </button>
              </th>
              {r.cells.map((c, i) => (
                <td key={i}>{c}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inOut(get: (s: Sample, key: "read" | "write") => number | null, up: string, down: string): Line[] {
  return [
    { key: `${up}-read`, label: up, colour: "--c1", get: (s) => get(s, "read") },
    { key: `${down}-write`, label: down, colour: "--c4", get: (s) => get(s, "write"), below: true },
  ];
}

export function NetChart(p: Common): JSX.Element {
  const [chosen, choose] = useState(NET_ALL);
  const lines = useMemo(
    () => inOut((s, key) => netRate(s, chosen, key), t("net.in"), t("net.out")),
    [chosen, prefs.lang.value],
  );
  const s = shownSample(p.samples);
  const counter = (n: number): JSX.Element => (
    <span title={t("net.counted")} class={n > 0 ? "warn-text" : ""}>
      {count(n)}
    </span>
  );
  const rows: DeviceRow[] = s
    ? [
        {
          name: NET_ALL,
          label: t("net.all"),
          cells: [rate(netRate(s, NET_ALL, "read")), rate(netRate(s, NET_ALL, "write")), "", ""],
        },
        ...interfaces(s).map((name) => {
          const r = s.net![name]!;
          return {
            name,
            label: r.up === 0 ? `${name} (${t("net.down")})` : name,
            cells: [
              rate(r.read),
              rate(r.write),
              counter((r.errin ?? 0) + (r.errout ?? 0)),
              counter((r.dropin ?? 0) + (r.dropout ?? 0)),
            ],
          };
        }),
      ]
    : [];
  return (
    <Chart
      {...p}
      title={t("chart.net")}
      mark={chosen === NET_ALL ? t("net.all") : chosen}
      lines={lines}
      format={rate}
      top={8}
      binary
    >
      <Devices
        heads={[t("net.iface"), t("net.in"), t("net.out"), t("net.errors"), t("net.drops")]}
        rows={rows}
        chosen={chosen}
        choose={choose}
      />
    </Chart>
  );
}

export function DiskChart(p: Common): JSX.Element {
  const [chosen, choose] = useState(DISK_ALL);
  const lines = useMemo(
    () => inOut((s, key) => diskRate(s, chosen, key), t("disk.read"), t("disk.write")),
    [chosen, prefs.lang.value],
  );
  const s = shownSample(p.samples);
  const rows: DeviceRow[] = s?.disk
    ? [
        {
          name: DISK_ALL,
          label: t("disk.all"),
          cells: [rate(s.disk.tread), rate(s.disk.twrite), fromKb(s.disk.total)],
        },
        ...(s.disk.disks ?? []).map((d) => ({
          name: d.name,
          label: d.name,
          cells: [rate(d.read), rate(d.write), fromKb(d.cap)],
        })),
      ]
    : [];
  return (
    <Chart
      {...p}
      title={t("chart.disk")}
      mark={chosen === DISK_ALL ? t("disk.all") : chosen}
      lines={lines}
      format={rate}
      top={64}
      binary
    >
      <Devices
        heads={[t("disk.device"), t("disk.read"), t("disk.write"), t("disk.size")]}
        rows={rows}
        chosen={chosen}
        choose={choose}
      />
    </Chart>
  );
}

function FsRow({ fs }: { fs: FileSystem }): JSX.Element {
  const stuck = fs.state === "stuck";
  return (
    <tr class={stuck ? "stuck" : ""}>
      <th scope="row">
        <span class="mono">{fs.mount}</span>
      </th>
      <td class="fs-bar" data-label={t("fs.percent")}>
        {stuck ? (
          <span class="flag bad" title={t("fs.stuck.hint")}>
            <Icon name="warn" size={12} /> {t("fs.stuck")}
          </span>
        ) : (
          <Meter value={fs.percent} warn={85} bad={95} />
        )}
      </td>
      <td data-label={t("fs.used")}>{fromKb(fs.used)}</td>
      <td data-label={t("fs.free")}>{fromKb(fs.free)}</td>
      <td data-label={t("fs.total")}>{fromKb(fs.total)}</td>
      <td class="left" data-label={t("fs.type")}>
        {fs.type}
        {fs.remote && <span class="dim"> {t("fs.remote")}</span>}
      </td>
      <td class="left mono" data-label={t("fs.device")}>
        {fs.device}
      </td>
    </tr>
  );
}

export function FileSystems({ samples }: { samples: readonly Sample[] }): JSX.Element {
  const list = shownSample(samples)?.disk?.filesystems ?? [];
  const stuck = list.some((f) => f.state === "stuck");
  return (
    <section class="panel fs">
      <header class="panel-head">
        <h2>{t("chart.fs")}</h2>
      </header>
      {list.length === 0 ? (
        <p class="hollow">{t("fs.none")}</p>
      ) : (
        <div class="scroll-x">
          <table class="devices stack">
            <thead>
              <tr>
                <th scope="col">{t("fs.mount")}</th>
                <th scope="col" class="fs-bar">
                  {t("fs.percent")}
                </th>
                <th scope="col">{t("fs.used")}</th>
                <th scope="col">{t("fs.free")}</th>
                <th scope="col">{t("fs.total")}</th>
                <th scope="col" class="left">
                  {t("fs.type")}
                </th>
                <th scope="col" class="left">
                  {t("fs.device")}
                </th>
              </tr>
            </thead>
            <tbody>
              {list.map((fs) => (
                <FsRow key={fs.mount} fs={fs} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {stuck && (
        <p class="hollow">
          <Icon name="warn" size={14} /> {t("fs.stuck.hint")}
        </p>
      )}
    </section>
  );
}
