/*
 * fleet.ts - the roll as signals, kept current by the event stream.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { computed, signal } from "@preact/signals";
import type { EventList, EventRow, Health, HostList, HostRow } from "../api.ts";
import { Roll } from "../lib/roll.ts";
import { api, asFailure, type Failure } from "./client.ts";
import { serverNow, setServerNow } from "./clock.ts";

const FLUSH_MS = 16; // what comes together is drawn together
const LATEST = 60; // events kept for the overview

export const roll = new Roll();

/** Moves when the roll changed; whoever draws the roll reads it. */
export const rollTick = signal(0);
export const rollLoaded = signal(false);
export const rollFailure = signal<Failure | null>(null);
/** When the roll last heard anything from the server, server time. */
export const rollTime = signal(0);

export const counts = computed(() => (rollTick.value, roll.counts()));
export const totals = computed(() => (rollTick.value, roll.totals()));

export const latest = signal<EventRow[]>([]);
export const health = signal<Health | null>(null);

type Change = (r: Roll) => boolean | void;
let pending: Change[] = [];
let loading: Promise<void> | null = null;
let timer = 0;
let rev = -1;

function flush(): void {
  timer = 0;
  if (loading) return; // what came meanwhile is applied on top of what is being loaded
  const all = pending;
  pending = [];
  if (all.length === 0) return;
  let moved = false;
  for (const f of all) moved = f(roll) === true || moved;
  rollTime.value = serverNow();
  rollTick.value++;
  // Where a host was before, only the whole roll tells.
  if (moved) void loadRoll();
}

function later(f: Change): void {
  pending.push(f);
  // A timer and not a frame: a hidden page gets no frames, and the queue must not grow for hours.
  if (!timer) timer = window.setTimeout(flush, FLUSH_MS);
}

export function putHosts(rows: readonly HostRow[]): void {
  later((r) => r.put(rows));
}

export function removeHost(ip: string, id?: string): void {
  later((r) => r.remove(ip, id));
}

/** Loads the whole roll unless it is the one we have. Changes that arrive meanwhile come after it. */
export function loadRoll(wanted?: number): Promise<void> {
  if (wanted !== undefined && rollLoaded.value && wanted === rev) return Promise.resolve();
  loading ??= (async () => {
    try {
      const list = await api<HostList>("GET", "/hosts");
      setServerNow(list.now);
      rev = list.rev;
      roll.load(list.hosts);
      rollLoaded.value = true;
      rollFailure.value = null;
    } catch (e) {
      rollFailure.value = asFailure(e);
    } finally {
      loading = null;
      rollTime.value = serverNow();
      rollTick.value++;
      if (pending.length > 0 && !timer) flush();
    }
  })();
  return loading;
}

/** Forgets everything: the next person to sign in may see less. */
export function resetFleet(): void {
  roll.load([]);
  rev = -1;
  pending = [];
  rollLoaded.value = false;
  rollFailure.value = null;
  latest.value = [];
  health.value = null;
  rollTick.value++;
}

/** The stream's own count of changes, where it tells: a reconnect without loss needs no reload. */
export function setRev(n: number): void {
  if (Number.isFinite(n) && n > rev) rev = n;
}

export function addEvent(e: EventRow): void {
  if (latest.value.some((x) => x.id === e.id)) return;
  latest.value = [e, ...latest.value].sort((a, b) => b.id - a.id).slice(0, LATEST);
}

export async function loadLatest(): Promise<void> {
  try {
    const list = await api<EventList>("GET", `/events/log?limit=${LATEST}`);
    const known = new Set(list.events.map((e) => e.id));
    latest.value = [...list.events, ...latest.value.filter((e) => !known.has(e.id))]
      .sort((a, b) => b.id - a.id)
      .slice(0, LATEST);
  } catch {
    // The roll's own failure is on the page already; the stream brings new events.
  }
}

export async function loadHealth(): Promise<void> {
  try {
    health.value = await api<Health>("GET", "/health");
  } catch {
    health.value = null;
  }
}
