/*
 * events.tsx - what happened, newest first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { EventList as Reply, EventRow, Level } from "../api.ts";
import { t } from "../i18n/index.ts";
import { en } from "../i18n/en.ts";
import { query } from "../lib/route.ts";
import { api, asFailure, type Failure } from "../store/client.ts";
import { link, onLog } from "../store/stream.ts";
import { navigate, params } from "../store/router.ts";
import { EventList, kindName, NoEvents } from "../ui/eventlist.tsx";
import { FailureBox } from "../ui/parts.tsx";

const PAGE = 100;
const KINDS = Object.keys(en)
  .filter((k) => k.startsWith("kind."))
  .map((k) => k.slice("kind.".length));
const LEVELS: Level[] = ["info", "warn", "error"];

interface View {
  kind: string;
  ip: string;
  level: string;
}

const RANK: Record<string, number> = { info: 0, warn: 1, error: 2 };

function Filter({ view }: { view: View }): JSX.Element {
  const go = (v: View): void => navigate(`/events${query({ ...v })}`, true);
  return (
    <div class="toolbar">
      <label class="pick">
        <span>{t("events.kind")}</span>
        <select value={view.kind} onChange={(e) => go({ ...view, kind: e.currentTarget.value })}>
          <option value="">{t("events.any")}</option>
          {KINDS.map((k) => (
            <option key={k} value={k}>
              {kindName(k)}
            </option>
          ))}
        </select>
      </label>
      <label class="pick">
        <span>{t("events.level")}</span>
        <select value={view.level} onChange={(e) => go({ ...view, level: e.currentTarget.value })}>
          <option value="">{t("events.any")}</option>
          {LEVELS.slice(1).map((l) => (
            <option key={l} value={l}>
              {l === "warn" ? `≥ ${t("level.warn")}` : t("level.error")}
            </option>
          ))}
        </select>
      </label>
      <label class="pick">
        <span>{t("events.host")}</span>
        <input
          type="search"
          value={view.ip}
          placeholder={t("events.any")}
          spellcheck={false}
          onChange={(e) => go({ ...view, ip: e.currentTarget.value.trim() })}
        />
      </label>
    </div>
  );
}

export function EventsPage(): JSX.Element {
  const p = params.value;
  const view: View = { kind: p.get("kind") ?? "", ip: p.get("ip") ?? "", level: p.get("level") ?? "" };
  const [rows, setRows] = useState<EventRow[] | null>(null);
  const [more, setMore] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const id = `${view.kind}|${view.ip}`;

  const load = async (before?: number): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const q = query({
        limit: String(PAGE),
        before: before === undefined ? "" : String(before),
        ip: view.ip,
        kind: view.kind,
      });
      const r = await api<Reply>("GET", `/events/log${q}`);
      setRows((old) => (before === undefined ? r.events : [...(old ?? []), ...r.events]));
      setMore(r.more);
    } catch (e) {
      setFailure(asFailure(e));
    }
    setBusy(false);
  };

  useEffect(() => {
    setRows(null);
    void load();
    return onLog((e) => {
      if ((view.kind && e.kind !== view.kind) || (view.ip && e.ip !== view.ip)) return;
      setRows((old) => (old && !old.some((x) => x.id === e.id) ? [e, ...old] : old));
    });
  }, [id]);
  // After an outage the stream does not repeat what was missed: ask.
  useEffect(() => {
    if (link.value === "live" && rows) void load();
  }, [link.value]);

  const shown = (rows ?? []).filter((e) => !view.level || RANK[e.level]! >= RANK[view.level]!);
  return (
    <div class="events-page">
      <h1 class="sr">{t("events.title")}</h1>
      <Filter view={view} />
      {failure && <FailureBox failure={failure} retry={() => void load()} />}
      <section class="panel">
        {rows &&
          (shown.length > 0 ? (
            <EventList events={shown} />
          ) : (
            <NoEvents filtered={!!(view.kind || view.ip || view.level)} />
          ))}
        {!rows && !failure && <div class="loading" aria-busy="true" />}
        {rows && (
          <div class="more">
            {more ? (
              <button
                type="button"
                class="button"
                disabled={busy}
                onClick={() => void load(rows[rows.length - 1]?.id)}
              >
                {t("events.more")}
              </button>
            ) : (
              shown.length > 0 && <span class="dim">{t("events.end")}</span>
            )}
          </div>
        )}
      </section>
    </div>
  );
}
