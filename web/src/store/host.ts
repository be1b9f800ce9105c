/*
 * host.ts - one host, looked at: its details, its last five minutes, and the wish for more each second.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { signal, type Signal } from "@preact/signals";
import type {
  EventList,
  EventRow,
  HostDetail,
  RecentReply,
  Sample,
  SampleReply,
  WatchReply,
} from "../api.ts";
import { SampleRing } from "../lib/ring.ts";
import { api, asFailure, type Failure } from "./client.ts";
import { setServerNow } from "./clock.ts";
import { link, onLog, watchSamples } from "./stream.ts";

const RENEW_MS = 10_000;
const DETAIL_MS = 20_000;
const EVENTS = 20;

export class HostView {
  readonly ring = new SampleRing();
  readonly tick = signal(0);
  readonly detail: Signal<HostDetail | null> = signal(null);
  readonly failure: Signal<Failure | null> = signal(null);
  readonly events: Signal<EventRow[]> = signal([]);
  readonly loaded = signal(false);
  private stops: (() => void)[] = [];

  constructor(readonly ip: string) {}

  private path(rest = ""): string {
    return `/hosts/${encodeURIComponent(this.ip)}${rest}`;
  }

  /** Starts to look; `stop` ends it. */
  open(): void {
    this.stops.push(watchSamples(this.ip, (s) => this.add([s])));
    this.stops.push(
      onLog((e) => {
        if (e.ip !== this.ip) return;
        if (e.kind.startsWith("client.") || e.kind === "host.online") void this.loadDetail();
        if (!this.events.value.some((x) => x.id === e.id)) {
          this.events.value = [e, ...this.events.value].slice(0, EVENTS);
        }
      }),
    );
    // A page nobody sees asks for nothing; when it is seen again it catches up first.
    const onVisible = (): void => {
      if (!document.hidden) void this.refresh();
    };
    document.addEventListener("visibilitychange", onVisible);
    this.stops.push(() => document.removeEventListener("visibilitychange", onVisible));
    this.every(RENEW_MS, () => void this.watch());
    this.every(DETAIL_MS, () => void this.loadDetail());
    // What was missed while the connection was away is fetched when it is back.
    let before = link.peek();
    this.stops.push(
      link.subscribe((l) => {
        if (l === "live" && before !== "live") void this.loadRecent();
        before = l;
      }),
    );
    void this.refresh();
    void this.loadEvents();
  }

  stop(): void {
    this.stops.forEach((f) => f());
    this.stops = [];
  }

  async refresh(): Promise<void> {
    await Promise.all([this.watch(), this.loadDetail(), this.loadRecent()]);
  }

  async loadDetail(): Promise<void> {
    try {
      this.detail.value = await api<HostDetail>("GET", this.path());
      this.failure.value = null;
    } catch (e) {
      this.failure.value = asFailure(e);
    }
  }

  private every(ms: number, f: () => void): void {
    const timer = window.setInterval(() => {
      if (!document.hidden) f();
    }, ms);
    this.stops.push(() => window.clearInterval(timer));
  }

  private add(samples: readonly Sample[]): void {
    let changed = false;
    for (const s of samples) changed = this.ring.push(s) || changed;
    if (changed) this.tick.value++;
  }

  private async watch(): Promise<void> {
    try {
      await api<WatchReply>("POST", this.path("/watch"), {});
    } catch {
      // Then samples come at the host's own pace; the next renewal tries again.
    }
  }

  private async loadRecent(): Promise<void> {
    try {
      this.add((await api<RecentReply>("GET", this.path("/recent"))).samples);
      if (!this.ring.last) {
        const s = await api<SampleReply>("GET", this.path("/sample"));
        setServerNow(s.now);
        this.add([s.info]);
      }
    } catch {
      // A host that never reported has none; the page says so.
    }
    this.loaded.value = true;
  }

  private async loadEvents(): Promise<void> {
    try {
      this.events.value = (
        await api<EventList>("GET", `/events/log?limit=${EVENTS}&ip=${encodeURIComponent(this.ip)}`)
      ).events;
    } catch {
      // The list stays empty; the stream still adds to it.
    }
  }
}
