/*
 * celltip.tsx - what a cell of the honeycomb stands for, beside it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { HostRow } from "../api.ts";
import { t, words } from "../i18n/index.ts";
import { age, load, percent, rate } from "../lib/format.ts";
import { SCALES } from "../lib/metric.ts";
import { now } from "../store/clock.ts";
import { Flags, StateBadge } from "./parts.tsx";

export function CellTip({
  host,
  x,
  y,
  r,
  width,
  touch,
}: {
  host: HostRow;
  x: number;
  y: number;
  r: number;
  width: number;
  touch: boolean;
}): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const el = ref.current;
    if (!el) return;
    const w = el.offsetWidth;
    const h = el.offsetHeight;
    const left = Math.max(4, Math.min(width - w - 4, x - w / 2));
    const top = y - r - h - 8 >= 0 ? y - r - h - 8 : y + r + 8;
    el.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  });
  return (
    <div class="celltip" ref={ref} role="presentation">
      <div class="celltip-head">
        <strong>{host.hostname || host.ip}</strong>
        <span class="mono dim">{host.ip}</span>
      </div>
      <div class="celltip-state">
        <StateBadge state={host.state} />
        <span class="dim">{t("time.for", { age: age(now.value - host.since, words.value) })}</span>
        <Flags host={host} />
      </div>
      <dl>
        <div>
          <dt>{t("hosts.col.cpu")}</dt>
          <dd>{percent(host.cpu)}</dd>
        </div>
        <div>
          <dt>{t("hosts.col.mem")}</dt>
          <dd>{percent(host.mem)}</dd>
        </div>
        <div>
          <dt>{t("hosts.col.disk")}</dt>
          <dd>{percent(host.disk)}</dd>
        </div>
        <div>
          <dt>{t("overview.load_per_core")}</dt>
          <dd>{load(SCALES.load.get(host))}</dd>
        </div>
        <div>
          <dt>{t("hosts.col.net_in")}</dt>
          <dd>{rate(host.net_in)}</dd>
        </div>
        <div>
          <dt>{t("hosts.col.net_out")}</dt>
          <dd>{rate(host.net_out)}</dd>
        </div>
      </dl>
      {!!host.seen && <p class="dim">{t("host.heard", { age: age(now.value - host.seen, words.value) })}</p>}
      {touch && <p>{t("overview.tap")}</p>}
    </div>
  );
}
