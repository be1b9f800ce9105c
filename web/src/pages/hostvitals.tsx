/*
 * hostvitals.tsx - the rest of what a host tells: pressure, processes, connections, files, the agent itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import type { Sample } from "../api.ts";
import { shownSample } from "../chart/chart.tsx";
import { t } from "../i18n/index.ts";
import { count, digits, fromKb, NONE, percent, shortCount } from "../lib/format.ts";
import { dig } from "../lib/sample.ts";
import { Meter } from "../ui/parts.tsx";

const PRESSURES = ["cpu", "memory", "io"] as const;
const NO_LIMIT = 1e15; // a limit nobody reaches

/** A value with what goes with it; hidden where this host does not tell it. */
function Pair({
  name,
  value,
  note,
}: {
  name: string;
  value: string;
  note?: string | undefined;
}): JSX.Element | null {
  if (value === NONE) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {note && <span class="dim"> {note}</span>}
      </dd>
    </div>
  );
}

function Pressure({ s }: { s: Sample }): JSX.Element | null {
  const rows = PRESSURES.map((name) => [name, dig(s.pressure, `${name}_some_avg10`)] as const);
  if (rows.every(([, v]) => v === null)) return null;
  return (
    <dl class="pairs pressure" title={t("chart.pressure.hint")}>
      {rows.map(([name, v]) => (
        <div key={name}>
          <dt>{t(`pressure.${name}`)}</dt>
          <dd>
            <Meter value={v} warn={20} bad={50} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

const join = (...parts: string[]): string => parts.filter(Boolean).join(" · ");

const per = (v: number | null): string =>
  v === null ? NONE : t("more.per_second", { n: v < 99.5 ? digits(v) : shortCount(v) });

function Work({ s }: { s: Sample }): JSX.Element {
  const running = dig(s.proc, "running");
  const blocked = dig(s.proc, "blocked");
  const swapIn = dig(s.vm, "swapped_in");
  const swapOut = dig(s.vm, "swapped_out");
  return (
    <>
      <Pair
        name={t("more.procs")}
        value={count(dig(s.proc, "count"))}
        note={join(
          running === null ? "" : `${count(running)} ${t("more.running")}`,
          blocked ? `${count(blocked)} ${t("more.blocked")}` : "",
        )}
      />
      <Pair name={t("more.threads")} value={count(dig(s.proc, "threads"))} />
      <Pair name={t("more.forks")} value={per(dig(s.proc, "forks"))} />
      <Pair name={t("more.ctxt")} value={per(dig(s.proc, "ctxt"))} />
      <Pair name={t("more.interrupts")} value={per(dig(s.proc, "interrupts"))} />
      <Pair
        name={t("more.swapping")}
        value={swapIn === null || swapOut === null ? NONE : `${per(swapIn)} / ${per(swapOut)}`}
      />
    </>
  );
}

function Handles({ s }: { s: Sample }): JSX.Element {
  const limit = dig(s.files, "limit");
  const retrans = dig(s.sock, "tcp_retrans");
  const closing = dig(s.sock, "tcp_time_wait");
  return (
    <>
      <Pair
        name={t("more.tcp")}
        value={count(dig(s.sock, "tcp_established"))}
        note={join(
          closing ? t("more.time_wait", { n: closing }) : "",
          retrans ? t("more.retrans", { n: per(retrans) }) : "",
        )}
      />
      <Pair
        name={t("more.files")}
        value={count(dig(s.files, "open"))}
        note={limit === null ? undefined : t("more.of", { n: limit < NO_LIMIT ? shortCount(limit) : "∞" })}
      />
    </>
  );
}

function Agent({ s }: { s: Sample }): JSX.Element {
  const cycle = s.agent?.cycle_ms;
  return (
    <>
      <Pair
        name={t("agent.cpu")}
        value={percent(s.agent?.cpu_percent)}
        note={
          cycle === null || cycle === undefined ? undefined : t("agent.cycle", { ms: `${digits(cycle)} ms` })
        }
      />
      <Pair name={t("agent.rss")} value={fromKb(s.agent?.rss_kb)} />
      <Pair name={t("agent.missed")} value={count(s.agent?.missed)} />
    </>
  );
}

export function Vitals({ samples }: { samples: readonly Sample[] }): JSX.Element | null {
  const s = shownSample(samples);
  if (!s) return null;
  return (
    <section class="panel vitals">
      <header class="panel-head">
        <h2>{t("chart.more")}</h2>
      </header>
      <Pressure s={s} />
      <dl class="pairs">
        <Work s={s} />
        <Handles s={s} />
        <Agent s={s} />
      </dl>
    </section>
  );
}
