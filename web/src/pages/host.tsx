/*
 * host.tsx - one host, live.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { HostDetail, HostRow } from "../api.ts";
import { cursorTs, shownSample } from "../chart/chart.tsx";
import { regionName, t, words } from "../i18n/index.ts";
import { age, bytes, clock, duration, stamp } from "../lib/format.ts";
import { api, asFailure, type Failure } from "../store/client.ts";
import { now } from "../store/clock.ts";
import { removeHost, roll, rollTick } from "../store/fleet.ts";
import { HostView } from "../store/host.ts";
import { navigate } from "../store/router.ts";
import { link } from "../store/stream.ts";
import { session } from "../store/session.ts";
import { EventList, NoEvents } from "../ui/eventlist.tsx";
import { Icon } from "../ui/icons.tsx";
import { Confirm, CopyButton, FailureBox, Flags, Panel, StateBadge } from "../ui/parts.tsx";
import { CpuChart, DiskChart, FileSystems, LoadChart, MemoryChart, NetChart } from "./hostcharts.tsx";
import { Vitals } from "./hostvitals.tsx";

const span = (ms: number): string => age(ms, words.value);

/** How old the newest sample may be before the page calls it old. */
function staleAfter(interval: number | null | undefined): number {
  return Math.max(5, (interval ?? 1) * 3) * 1000;
}

function Fact({
  name,
  value,
  mono,
  copy,
}: {
  name: string;
  value: JSX.Element | string | null | undefined;
  mono?: boolean;
  copy?: string;
}): JSX.Element | null {
  if (value === null || value === undefined || value === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class={mono ? "mono" : ""}>
        {value}
        {copy && <CopyButton text={copy} />}
      </dd>
    </div>
  );
}

function offset(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined
    ? null
    : `${ms > 0 ? "+" : ""}${Math.abs(ms) < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

function Identity({ d }: { d: HostDetail }): JSX.Element {
  return (
    <Panel title={t("host.identity")} class="identity">
      <dl class="facts">
        <Fact name={t("host.ip")} value={d.ip} mono copy={d.ip} />
        <Fact name={t("host.mac")} value={d.mac} mono />
        <Fact name={t("host.sn")} value={d.info?.["sn"]} mono />
        <Fact name={t("host.os")} value={d.os} />
        <Fact name={t("host.kernel")} value={d.kernel} />
        <Fact name={t("host.cpu_model")} value={d.cpu_model} />
        <Fact name={t("host.cores")} value={d.cores === null ? null : String(d.cores)} />
        <Fact name={t("host.mem_total")} value={d.mem_total_mb ? bytes(d.mem_total_mb * 1048576) : null} />
        <Fact
          name={t("host.uptime")}
          value={
            d.boot ? <span title={stamp(d.boot)}>{duration(now.value - d.boot, words.value)}</span> : null
          }
        />
        <Fact name={t("host.region")} value={regionName(d.region)} />
        <Fact name={t("host.version")} value={d.version} />
        <Fact name={t("host.interval")} value={!d.interval ? null : `${d.interval} ${t("unit.second")}`} />
        <Fact name={t("host.offset")} value={offset(d.offset_ms)} />
        <Fact name={t("host.first_seen")} value={d.first_seen ? stamp(d.first_seen) : null} />
        <Fact name={t("host.id")} value={d.id} mono copy={d.id} />
      </dl>
    </Panel>
  );
}

function Actions({
  row,
  view,
  onFailure,
}: {
  row: HostRow;
  view: HostView;
  onFailure: (f: Failure | null) => void;
}): JSX.Element | null {
  const [asking, setAsking] = useState(false);
  if (session.value?.user.role !== "admin") return null;
  const path = `/hosts/${encodeURIComponent(row.ip)}`;
  const run = async (f: () => Promise<unknown>): Promise<void> => {
    onFailure(null);
    try {
      await f();
    } catch (e) {
      onFailure(asFailure(e));
    }
  };
  const forget = async (): Promise<void> => {
    await api("DELETE", path);
    removeHost(row.ip, row.id);
    navigate("/hosts");
  };
  return (
    <div class="buttons">
      {row.state === "waiting" && (
        <button
          type="button"
          class="button primary"
          onClick={() =>
            void run(async () => {
              await api("POST", `${path}/accept`, {});
              await view.loadDetail();
            })
          }
        >
          {t("host.accept")}
        </button>
      )}
      {row.state !== "online" && (
        <button type="button" class="button" onClick={() => setAsking(true)}>
          <Icon name="trash" size={14} />
          {t("host.forget")}
        </button>
      )}
      {asking && (
        <Confirm
          text={t("host.forget.ask", { host: row.hostname || row.ip })}
          action={t("host.forget")}
          onNo={() => setAsking(false)}
          onYes={() => {
            setAsking(false);
            void run(forget);
          }}
        />
      )}
    </div>
  );
}

/** Its agent is there and was told to rest: its log says so before its next `info` does, and nothing came since. */
function isStopped(view: HostView): boolean {
  const e = view.events.value.find((x) => x.kind === "client.stopped" || x.kind === "client.running");
  const last = (view.ring.last?.ts ?? 0) * 1000;
  if (e && last <= e.time + 3000) return e.kind === "client.stopped";
  return view.detail.value?.info?.["run"] === "0";
}

function DataAge({ view }: { view: HostView }): JSX.Element | null {
  void view.tick.value;
  const s = view.ring.last;
  if (!s) return null;
  const old = now.value - s.ts * 1000;
  const live = (s.interval ?? 10) <= 1.5 && old < 5000;
  const at = cursorTs.value;
  const shown = at === null ? null : shownSample(view.ring.samples);
  return (
    <span class={`data-age ${old > staleAfter(s.interval) ? "old" : live ? "live" : ""}`}>
      {shown ? (
        t("chart.at", { time: clock(shown.ts * 1000) })
      ) : (
        <>
          <i class="dot" />
          {live ? `${t("host.live")} · ` : ""}
          {t("host.data_age", { age: span(old) })}
        </>
      )}
    </span>
  );
}

function Head({ row, view }: { row: HostRow; view: HostView }): JSX.Element {
  const [failure, setFailure] = useState<Failure | null>(null);
  return (
    <>
      <header class="host-head">
        <a class="icon-button" href="/hosts" title={t("host.back")} aria-label={t("host.back")}>
          <Icon name="back" size={18} />
        </a>
        <h1>{row.hostname || row.ip}</h1>
        {row.hostname && <span class="mono dim host-ip">{row.ip}</span>}
        <StateBadge state={row.state} />
        <span class="dim">{t("time.for", { age: span(now.value - row.since) })}</span>
        <Flags host={row} />
        {row.state === "online" && isStopped(view) && (
          <span class="flag" title={t("host.stopped.hint")}>
            {t("host.stopped")}
          </span>
        )}
        {!!row.seen && row.state !== "online" && (
          <span class="dim">{t("host.heard", { age: span(now.value - row.seen) })}</span>
        )}
        <span class="grow" />
        <DataAge view={view} />
        <Actions row={row} view={view} onFailure={setFailure} />
      </header>
      {failure && <FailureBox failure={failure} />}
    </>
  );
}

/** What is shown while there is nothing to measure by. */
function NoData({ row }: { row: HostRow }): JSX.Element {
  return (
    <div class="notice">
      <Icon name="info" size={18} />
      <div>
        <strong>{t("host.no_data")}</strong>
        {row.state === "waiting" && <p>{t("host.no_data.waiting")}</p>}
        {row.state === "offline" && <p>{t("host.no_data.offline")}</p>}
      </div>
    </div>
  );
}

function Live({ view, cores }: { view: HostView; cores: number | null }): JSX.Element {
  const tick = view.tick.value;
  const { samples, last } = view.ring;
  // The axis moves with the server's clock once a second; data that stopped slides to the left.
  const end = Math.max(now.value / 1000, last?.ts ?? 0);
  const old = last ? now.value - last.ts * 1000 : 0;
  const stale = !!last && old > staleAfter(last.interval);
  const stopped = isStopped(view);
  const p = { samples, tick, end, stale };
  return (
    <>
      {stale && !stopped && link.value !== "lost" && (
        <div class="notice warn">
          <Icon name="warn" size={18} />
          <strong>{t("host.stale", { age: span(old) })}</strong>
        </div>
      )}
      <div class={`charts ${stale ? "is-stale" : ""}`}>
        <CpuChart {...p} />
        <MemoryChart {...p} />
        <NetChart {...p} />
        <DiskChart {...p} />
        <LoadChart {...p} cores={cores} />
        <Vitals samples={samples} />
        <FileSystems samples={samples} />
      </div>
    </>
  );
}

export function HostPage({ ip }: { ip: string }): JSX.Element {
  const view = useMemo(() => new HostView(ip), [ip]);
  useEffect(() => {
    view.open();
    return () => view.stop();
  }, [view]);
  void rollTick.value;
  void view.tick.value;
  const detail = view.detail.value;
  const row = roll.get(ip, detail?.id) ?? detail;
  const failure = view.failure.value;
  if (!row) {
    if (failure?.status === 404) {
      return (
        <div class="panel empty">
          <h2>{t("host.missing", { ip })}</h2>
          <p>{t("host.missing.remedy")}</p>
          <p>
            <a href="/hosts">{t("host.back")}</a>
          </p>
        </div>
      );
    }
    return failure ? (
      <FailureBox failure={failure} retry={() => void view.refresh()} />
    ) : (
      <div class="loading" aria-busy="true" />
    );
  }
  return (
    <div class="host-page">
      <Head row={row} view={view} />
      {failure && failure.status !== 404 && (
        <FailureBox failure={failure} retry={() => void view.refresh()} />
      )}
      {view.ring.last ? <Live view={view} cores={row.cores} /> : view.loaded.value && <NoData row={row} />}
      <div class="host-foot">
        {detail && <Identity d={{ ...detail, ...row }} />}
        <Panel
          title={t("events.of_host")}
          aside={<a href={`/events?ip=${encodeURIComponent(ip)}`}>{t("overview.all_events")}</a>}
        >
          {view.events.value.length > 0 ? (
            <EventList events={view.events.value} withHost={false} />
          ) : (
            <NoEvents />
          )}
        </Panel>
      </div>
    </div>
  );
}
