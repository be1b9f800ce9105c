/*
 * overview.tsx - the whole fleet at a glance.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { HostState } from "../api.ts";
import { t, words } from "../i18n/index.ts";
import { age, count, NONE, percent, rate } from "../lib/format.ts";
import { type Mode, MODES, ramp, SCALES } from "../lib/metric.ts";
import { read, write } from "../lib/prefs.ts";
import { hostPath } from "../lib/route.ts";
import { now } from "../store/clock.ts";
import { counts, latest, loadRoll, rollFailure, rollLoaded, rollTime, totals } from "../store/fleet.ts";
import { prefs } from "../store/prefs.ts";
import { Honeycomb } from "../ui/comb.tsx";
import { NoHosts } from "../ui/empty.tsx";
import { EventList, NoEvents } from "../ui/eventlist.tsx";
import { Icon } from "../ui/icons.tsx";
import { FailureBox, Panel } from "../ui/parts.tsx";

const mode = signal<Mode>(read("comb", MODES) ?? "state");

function choose(m: Mode): void {
  mode.value = m;
  write("comb", m);
}

const STATES: HostState[] = ["online", "offline", "waiting", "unknown"];

function StateTile({ state }: { state: HostState }): JSX.Element {
  const c = counts.value;
  const n = c[state];
  return (
    <a
      class={`tile s-${state} ${n === 0 ? "zero" : ""}`}
      href={`/hosts?state=${state}`}
      title={t(`state.${state}.hint`)}
    >
      <span class="tile-name">
        <span class="mark">
          <Icon name={state} size={12} />
        </span>
        {t(`state.${state}`)}
      </span>
      <span class="tile-value">{count(n)}</span>
      <span class="tile-note">
        {c.all > 0 ? t("overview.share", { p: percent((100 * n) / c.all), n: c.all }) : NONE}
      </span>
    </a>
  );
}

/** The value is coloured from 80 and again from 90 percent. */
function Tile({
  name,
  share,
  note,
  href,
}: {
  name: string;
  share: number | null | undefined;
  note: string;
  href: string;
}): JSX.Element {
  const level = share === null || share === undefined || share < 80 ? "" : share < 90 ? "warn" : "bad";
  return (
    <a class={`tile ${level}`} href={href}>
      <span class="tile-name">
        {level && <Icon name={level === "bad" ? "error" : "warn"} size={14} />}
        {name}
      </span>
      <span class="tile-value">{percent(share)}</span>
      <span class="tile-note">{note}</span>
    </a>
  );
}

function Tiles(): JSX.Element {
  const s = totals.value;
  return (
    <div class="tiles">
      {STATES.map((state) => (
        <StateTile key={state} state={state} />
      ))}
      <Tile
        name={t("overview.cpu")}
        share={s.cpu}
        note={t("overview.cpu.hint", { n: s.cores })}
        href="/hosts?sort=-cpu"
      />
      <Tile
        name={t("overview.mem")}
        share={s.mem}
        note={t("overview.mem.hint", { n: s.hosts })}
        href="/hosts?sort=-mem"
      />
      <Tile
        name={t("overview.disk")}
        share={s.disk?.disk}
        note={s.disk ? s.disk.hostname || s.disk.ip : NONE}
        href={s.disk ? hostPath(s.disk.ip) : "/hosts?sort=-disk"}
      />
      <div class="tile">
        <span class="tile-name">{t("overview.net")}</span>
        <span class="tile-value two">
          <span>
            <Icon name="down" size={14} />
            {rate(s.hosts ? s.net_in : null)}
          </span>
          <span>
            <Icon name="up" size={14} />
            {rate(s.hosts ? s.net_out : null)}
          </span>
        </span>
        <span class="tile-note">{t("overview.net.hint")}</span>
      </div>
    </div>
  );
}

function ModeSwitch(): JSX.Element {
  return (
    <div class="segments" role="radiogroup" aria-label={t("overview.colour_by")}>
      {MODES.map((m) => (
        <button key={m} type="button" role="radio" aria-checked={mode.value === m} onClick={() => choose(m)}>
          {t(`overview.by.${m}`)}
        </button>
      ))}
    </div>
  );
}

// The same signs as in the cells themselves.
const SIGNS: Record<HostState, string> = {
  online: "",
  offline: "M8 8l8 8M16 8l-8 8",
  waiting: "M12 12h.01",
  unknown: "M9 12h6",
};

function StateKey({ state, hollow }: { state: HostState; hollow?: boolean }): JSX.Element {
  return (
    <span class={`key s-${state} ${hollow ? "hollow-key" : ""}`}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <polygon points="12,2 20.7,7 20.7,17 12,22 3.3,17 3.3,7" />
        {SIGNS[state] && <path d={SIGNS[state]} stroke-width={state === "waiting" ? 7 : 3} />}
      </svg>
      {t(`state.${state}`)}
    </span>
  );
}

const RAMP_CELLS = 9;

function Legend(): JSX.Element {
  const m = mode.value;
  if (m === "state")
    return (
      <div class="legend">
        {STATES.map((s) => (
          <StateKey key={s} state={s} />
        ))}
      </div>
    );
  const scale = SCALES[m];
  return (
    <div class="legend">
      {m === "load" && <span class="dim">{t("overview.load_per_core")}</span>}
      {m === "net" && <span class="dim">{t("overview.net_sum")}</span>}
      <span>{scale.text(scale.ticks[0]!)}</span>
      <span class="ramp" aria-hidden="true">
        {Array.from({ length: RAMP_CELLS }, (_, i) => {
          const x = i / (RAMP_CELLS - 1);
          const size = `${Math.round(6 + 8 * Math.sqrt(x))}px`;
          return (
            <i key={i} style={{ backgroundColor: ramp(x, prefs.dark.value), width: size, height: size }} />
          );
        })}
      </span>
      <span>{scale.text(scale.ticks[scale.ticks.length - 1]!)}</span>
      {STATES.slice(1).map((s) => (
        <StateKey key={s} state={s} hollow />
      ))}
    </div>
  );
}

/** Hosts whose state should not be taken at its word. */
function Oddities(): JSX.Element {
  const { flapping, duplicate } = counts.value;
  return (
    <>
      {flapping > 0 && (
        <a class="flag" href="/hosts?q=is:flapping" title={t("state.flapping.hint")}>
          {t("state.flapping.n", { n: flapping })}
        </a>
      )}
      {duplicate > 0 && (
        <a class="flag bad" href="/hosts?q=is:duplicate" title={t("state.duplicate.hint")}>
          {t("state.duplicate.n", { n: duplicate })}
        </a>
      )}
    </>
  );
}

export function OverviewPage(): JSX.Element {
  const failure = rollFailure.value;
  if (!rollLoaded.value) {
    return failure ? (
      <FailureBox failure={failure} retry={() => void loadRoll()} />
    ) : (
      <div class="loading" aria-busy="true" />
    );
  }
  const n = counts.value.all;
  return (
    <div class="overview">
      <h1 class="sr">{t("overview.title")}</h1>
      <Tiles />
      {n === 0 ? (
        <NoHosts />
      ) : (
        <Panel
          class="comb-panel"
          title={t("overview.hosts", { n })}
          aside={
            <>
              <Oddities />
              <span class="dim as-of">
                {t("overview.as_of", { age: age(now.value - rollTime.value, words.value) })}
              </span>
              <ModeSwitch />
            </>
          }
        >
          <Honeycomb mode={mode.value} />
          <Legend />
        </Panel>
      )}
      <Panel
        class="latest"
        title={t("overview.latest")}
        aside={<a href="/events">{t("overview.all_events")}</a>}
      >
        {latest.value.length > 0 ? <EventList events={latest.value} /> : <NoEvents />}
      </Panel>
    </div>
  );
}
