/*
 * hosts.tsx - the roll as a table: search, state, order; ten thousand rows of which a screenful exists.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { HostRow, HostState } from "../api.ts";
import { type Key, regionName, t } from "../i18n/index.ts";
import { count, load, NONE, rate } from "../lib/format.ts";
import { rowKey } from "../lib/roll.ts";
import { hostPath, query } from "../lib/route.ts";
import { matcher, sorted, type SortKey } from "../lib/search.ts";
import { counts, loadRoll, roll, rollFailure, rollLoaded, rollTick } from "../store/fleet.ts";
import { navigate, params } from "../store/router.ts";
import { NoHosts } from "../ui/empty.tsx";
import { Icon } from "../ui/icons.tsx";
import { Age, FailureBox, Flags, Meter, StateBadge, useSize } from "../ui/parts.tsx";

interface Col {
  key: SortKey;
  name: Key;
  cell: (h: HostRow) => JSX.Element | string;
  class?: string;
  numeric?: boolean;
}

const COLS: Col[] = [
  { key: "state", name: "hosts.col.state", class: "c-state", cell: (h) => <StateBadge state={h.state} /> },
  {
    key: "hostname",
    name: "hosts.col.host",
    class: "c-host",
    cell: (h) => (
      <>
        <a href={hostPath(h.ip)} title={h.hostname}>
          {h.hostname || h.ip}
        </a>
        <Flags host={h} />
      </>
    ),
  },
  { key: "ip", name: "hosts.col.ip", class: "c-ip mono", cell: (h) => h.ip },
  {
    key: "cpu",
    name: "hosts.col.cpu",
    class: "c-meter",
    numeric: true,
    cell: (h) => <Meter value={h.cpu} />,
  },
  {
    key: "mem",
    name: "hosts.col.mem",
    class: "c-meter",
    numeric: true,
    cell: (h) => <Meter value={h.mem} />,
  },
  {
    key: "disk",
    name: "hosts.col.disk",
    class: "c-meter",
    numeric: true,
    cell: (h) => <Meter value={h.disk} />,
  },
  { key: "load1", name: "hosts.col.load", class: "c-num", numeric: true, cell: (h) => load(h.load1) },
  {
    key: "net_in",
    name: "hosts.col.net_in",
    class: "c-num c-net",
    numeric: true,
    cell: (h) => rate(h.net_in),
  },
  {
    key: "net_out",
    name: "hosts.col.net_out",
    class: "c-num c-net",
    numeric: true,
    cell: (h) => rate(h.net_out),
  },
  {
    key: "seen",
    name: "hosts.col.seen",
    class: "c-num c-seen",
    numeric: true,
    cell: (h) => <Age ms={h.seen} />,
  },
  {
    key: "cores",
    name: "hosts.col.cores",
    class: "c-num c-cores",
    numeric: true,
    cell: (h) => count(h.cores),
  },
  {
    key: "region",
    name: "hosts.col.region",
    class: "c-text c-region",
    cell: (h) => regionName(h.region) || NONE,
  },
  { key: "version", name: "hosts.col.version", class: "c-text c-version", cell: (h) => h.version ?? NONE },
];

const FILTERS: (HostState | "")[] = ["", "online", "offline", "waiting", "unknown"];
const OVERSCAN = 8;
const CALM_MS = 2500; // rows do not change places under a hand that points at them

interface View {
  q: string;
  state: string;
  key: SortKey;
  descending: boolean;
}

function viewOf(p: URLSearchParams): View {
  const sort = p.get("sort") ?? "state";
  const key = sort.replace(/^-/, "");
  return {
    q: p.get("q") ?? "",
    state: p.get("state") ?? "",
    key: COLS.some((c) => c.key === key) ? (key as SortKey) : "state",
    descending: sort.startsWith("-"),
  };
}

function go(view: View): void {
  const sort = `${view.descending ? "-" : ""}${view.key}`;
  navigate(`/hosts${query({ q: view.q, state: view.state, sort: sort === "state" ? "" : sort })}`, true);
}

function Filters({ view }: { view: View }): JSX.Element {
  const c = counts.value;
  return (
    <div class="filters" role="group" aria-label={t("hosts.col.state")}>
      {FILTERS.map((s) => (
        <button
          key={s}
          type="button"
          class={`chip ${s ? `s-${s}` : ""}`}
          aria-pressed={view.state === s}
          onClick={() => go({ ...view, state: s })}
        >
          {s && (
            <span class="mark">
              <Icon name={s} size={11} />
            </span>
          )}
          {s ? t(`state.${s}`) : t("hosts.all")}
          <b>{count(s ? c[s] : c.all)}</b>
        </button>
      ))}
    </div>
  );
}

function Search({ view }: { view: View }): JSX.Element {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      if (
        e.key !== "/" ||
        e.ctrlKey ||
        e.metaKey ||
        /^(INPUT|SELECT|TEXTAREA)$/.test((e.target as Element).tagName)
      )
        return;
      e.preventDefault();
      ref.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <label class="search">
      <Icon name="search" />
      <span class="sr">{t("hosts.search.label")}</span>
      <input
        ref={ref}
        type="search"
        placeholder={t("hosts.search")}
        value={view.q}
        onInput={(e) => go({ ...view, q: e.currentTarget.value })}
        spellcheck={false}
        autocomplete="off"
      />
      {view.q ? (
        <button
          type="button"
          class="icon-button"
          title={t("hosts.clear")}
          aria-label={t("hosts.clear")}
          onClick={() => go({ ...view, q: "" })}
        >
          <Icon name="close" size={14} />
        </button>
      ) : (
        <kbd aria-hidden="true">/</kbd>
      )}
    </label>
  );
}

function HeadRow({ view }: { view: View }): JSX.Element {
  return (
    <div class="hrow head" role="row">
      {COLS.map((c) => {
        const mine = view.key === c.key;
        const sort = mine ? (view.descending ? "descending" : "ascending") : "none";
        // Numbers are most often wanted largest first.
        const next = mine ? !view.descending : !!c.numeric && c.key !== "seen";
        return (
          <div key={c.key} role="columnheader" aria-sort={sort} class={c.class?.replace(" mono", "")}>
            <button
              type="button"
              title={t("hosts.sort", { column: t(c.name) })}
              onClick={() => go({ ...view, key: c.key, descending: next })}
            >
              {t(c.name)}
              {mine && <Icon name={view.descending ? "down" : "up"} size={12} />}
            </button>
          </div>
        );
      })}
    </div>
  );
}

function Row({ host, index, top }: { host: HostRow; index: number; top: number }): JSX.Element {
  return (
    <div
      class={`hrow is-${host.state}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(e) => {
        if (!(e.target as Element).closest("a") && !getSelection()?.toString()) navigate(hostPath(host.ip));
      }}
    >
      {COLS.map((c) => (
        <div key={c.key} role="cell" class={c.class}>
          {c.cell(host)}
        </div>
      ))}
    </div>
  );
}

/** The rows to show: filtered and ordered anew when the roll or the view changed, calm while pointed at. */
function useRows(view: View, pointed: { current: number }): HostRow[] {
  const shown = useRef<{ view: string; rows: HostRow[] }>({ view: "", rows: [] });
  const tick = rollTick.value;
  return useMemo(() => {
    const id = JSON.stringify(view);
    const test = matcher(view.q);
    const old = shown.current;
    const wanted = (h: HostRow): boolean => (!view.state || h.state === view.state) && test(h);
    let rows: HostRow[];
    if (old.view === id && Date.now() - pointed.current < CALM_MS) {
      rows = old.rows
        .map((h) => roll.row(rowKey(h)))
        .filter((h): h is HostRow => h !== undefined && wanted(h));
    } else {
      rows = sorted(roll.rows.filter(wanted), view.key, view.descending);
    }
    shown.current = { view: id, rows };
    return rows;
  }, [tick, view.q, view.state, view.key, view.descending]);
}

function Table({
  view,
  rows,
  pointed,
}: {
  view: View;
  rows: HostRow[];
  pointed: { current: number };
}): JSX.Element {
  const [box, width, height] = useSize<HTMLDivElement>();
  const [top, setTop] = useState(0);
  const rowHeight = width > 0 && width < 720 ? 84 : 38;
  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = 0;
    setTop(0);
  }, [view.q, view.state, view.key, view.descending]);
  const touch = (): void => {
    pointed.current = Date.now();
  };
  return (
    <div class="htable" role="table" aria-rowcount={rows.length + 1} aria-label={t("hosts.title")}>
      <div
        class="hscroll"
        ref={box}
        onScroll={(e) => setTop(e.currentTarget.scrollTop)}
        onPointerMove={touch}
        onKeyDown={touch}
      >
        <HeadRow view={view} />
        <div class="hbody" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, last).map((h, i) => (
            <Row key={rowKey(h)} host={h} index={first + i} top={(first + i) * rowHeight} />
          ))}
        </div>
        {rows.length === 0 && (
          <div class="hollow">
            <strong>{t("hosts.none")}</strong>
            <br />
            {t("hosts.none.remedy")}
          </div>
        )}
      </div>
    </div>
  );
}

export function HostsPage(): JSX.Element {
  const view = viewOf(params.value);
  const pointed = useRef(0);
  const rows = useRows(view, pointed);
  const failure = rollFailure.value;
  if (!rollLoaded.value) {
    return failure ? (
      <FailureBox failure={failure} retry={() => void loadRoll()} />
    ) : (
      <div class="loading" aria-busy="true" />
    );
  }
  if (counts.value.all === 0) return <NoHosts />;
  return (
    <div class="hosts-page">
      <h1 class="sr">{t("hosts.title")}</h1>
      <div class="toolbar">
        <Search view={view} />
        <Filters view={view} />
        <span class="dim shown" role="status">
          {t("hosts.shown", { shown: rows.length, n: counts.value.all })}
        </span>
      </div>
      <Table view={view} rows={rows} pointed={pointed} />
    </div>
  );
}
