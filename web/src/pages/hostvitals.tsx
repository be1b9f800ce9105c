// hostvitals.tsx - the rest of what a host tells: pressure, processes, connections, files, the agent itself.
//
// SPDX-License-Identifier: Apache-2.0
import type { JSX } from "preact";
import type { Sample } from "../api.ts";
import { shownSample } from "../chart/chart.tsx";
import { t } from "../i18n/index.ts";
import { count, fromKb, NONE, percent } from "../lib/format.ts";
import { dig } from "../lib/sample.ts";
import { Meter } from "../ui/parts.tsx";

const PRESSURES = ["cpu", "memory", "io"] as const;

function Pair({ name, value, note }: { name: string; value: string; note?: string | undefined }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}{note && <span class="dim"> {note}</span>}</dd>
    </div>
  );
}

function Pressure({ s }: { s: Sample }): JSX.Element | null {
  const rows = PRESSURES.map((name) => [name, dig(s.pressure, name, "some", "avg10")] as const);
  if (rows.every(([, v]) => v === null)) return null;
  return (
    <dl class="pairs pressure" title={t("chart.pressure.hint")}>
      {rows.map(([name, v]) => (
        <div key={name}><dt>{t(`pressure.${name}`)}</dt><dd><Meter value={v} warn={20} bad={50} /></dd></div>
      ))}
    </dl>
  );
}

export function Vitals({ samples }: { samples: readonly Sample[] }): JSX.Element | null {
  const s = shownSample(samples);
  if (!s) return null;
  const limit = dig(s.files, "limit") ?? dig(s.files, "max");
  const running = dig(s.proc, "running");
  const blocked = dig(s.proc, "blocked");
  const notes = [
    running === null ? "" : `${count(running)} ${t("more.running")}`,
    blocked === null ? "" : `${count(blocked)} ${t("more.blocked")}`,
  ].filter(Boolean).join(" · ");
  return (
    <section class="panel vitals">
      <header class="panel-head"><h2>{t("chart.more")}</h2></header>
      <Pressure s={s} />
      <dl class="pairs">
        <Pair name={t("more.procs")} value={count(dig(s.proc, "total") ?? dig(s.proc, "count"))} note={notes} />
        <Pair name={t("more.tcp")} value={count(dig(s.sock, "tcp_inuse") ?? dig(s.sock, "tcp", "inuse"))} />
        <Pair
          name={t("more.files")}
          value={count(dig(s.files, "open"))}
          note={limit === null ? undefined : t("more.of", { n: limit < 1e9 ? count(limit) : "∞" })}
        />
        <Pair name={t("agent.cpu")} value={percent(s.agent?.cpu_percent)} />
        <Pair name={t("agent.rss")} value={fromKb(s.agent?.rss_kb)} />
        <Pair name={t("agent.missed")} value={s.agent?.missed === null || s.agent?.missed === undefined ? NONE : count(s.agent.missed)} />
      </dl>
    </section>
  );
}
