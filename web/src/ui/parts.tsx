/*
 * parts.tsx - small pieces that every page uses.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { HostRow, HostState, Level } from "../api.ts";
import { t, words } from "../i18n/index.ts";
import { age, NONE, percent, stamp } from "../lib/format.ts";
import type { Failure } from "../store/client.ts";
import { now } from "../store/clock.ts";
import { link } from "../store/stream.ts";
import { Icon } from "./icons.tsx";

export function StateBadge({ state, short = false }: { state: HostState; short?: boolean }): JSX.Element {
  const name = t(`state.${state}`);
  return (
    <span class={`badge s-${state}`} title={`${name}: ${t(`state.${state}.hint`)}`}>
      <span class="mark">
        <Icon name={state} size={12} />
      </span>
      {short ? <span class="sr">{name}</span> : <span>{name}</span>}
    </span>
  );
}

/** What is odd about a host besides its state. */
export function Flags({ host }: { host: HostRow }): JSX.Element | null {
  if (!host.flapping && !host.duplicate) return null;
  return (
    <>
      {host.flapping && (
        <span class="flag" title={t("state.flapping.hint")}>
          {t("state.flapping")}
        </span>
      )}
      {host.duplicate && (
        <span class="flag bad" title={t("state.duplicate.hint")}>
          {t("state.duplicate")}
        </span>
      )}
    </>
  );
}

/** How long ago, ticking. */
export function Age({ ms }: { ms: number | null | undefined }): JSX.Element {
  if (!ms) return <span class="dim">{NONE}</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={stamp(ms)}>
      {age(now.value - ms, words.value)}
    </time>
  );
}

/** A percentage as number and bar; what is full is marked in words by its class's sign, too. */
export function Meter({
  value,
  warn = 80,
  bad = 90,
}: {
  value: number | null | undefined;
  warn?: number;
  bad?: number;
}): JSX.Element {
  if (value === null || value === undefined) return <span class="meter none">{NONE}</span>;
  const level = value >= bad ? "bad" : value >= warn ? "warn" : "fine";
  return (
    <span class={`meter ${level}`}>
      <span class="num">{percent(value)}</span>
      <span class="track">
        <i style={{ width: `${Math.max(0, Math.min(100, value))}%` }} />
      </span>
    </span>
  );
}

export function LevelMark({ level }: { level: Level }): JSX.Element {
  return (
    <span class={`level l-${level}`} title={t(`level.${level}`)}>
      <Icon name={level} size={15} />
      <span class="sr">{t(`level.${level}`)}</span>
    </span>
  );
}

/** A failure in words: what happened, and what can be done. */
export function FailureBox({ failure, retry }: { failure: Failure; retry?: () => void }): JSX.Element | null {
  // The banner at the top says it already, and tries again by itself.
  if (failure.code === "unreachable" && link.value === "lost") return null;
  return (
    <div class="notice bad" role="alert">
      <Icon name="error" size={18} />
      <div>
        <strong>{failure.message}</strong>
        {failure.remedy && <p>{failure.remedy}</p>}
      </div>
      {retry && (
        <button type="button" class="button" onClick={retry}>
          {t("error.retry")}
        </button>
      )}
    </div>
  );
}

export function Panel(props: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}): JSX.Element {
  return (
    <section class={`panel ${props.class ?? ""}`}>
      <header class="panel-head">
        <h2>{props.title}</h2>
        <div class="panel-aside">{props.aside}</div>
      </header>
      {props.children}
    </section>
  );
}

export function CopyButton({ text }: { text: string }): JSX.Element {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without TLS browsers give no clipboard: fall back to the old way.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" class="icon-button" title={t("host.copy")} onClick={() => void copy()}>
      <Icon name={done ? "online" : "copy"} size={14} />
      <span class="sr" aria-live="polite">
        {done ? t("host.copied") : t("host.copy")}
      </span>
    </button>
  );
}

/** A question before something that cannot be undone. */
export function Confirm(props: {
  text: string;
  action: string;
  onYes: () => void;
  onNo: () => void;
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} class="dialog" onClose={props.onNo}>
      <p>{props.text}</p>
      <div class="buttons">
        <button type="button" class="button" autofocus onClick={props.onNo}>
          {t("host.cancel")}
        </button>
        <button type="button" class="button danger" onClick={props.onYes}>
          {props.action}
        </button>
      </div>
    </dialog>
  );
}

/** Width and height of an element, as they change. */
export function useSize<T extends Element>(): [ref: { current: T | null }, width: number, height: number] {
  const ref = useRef<T>(null);
  const [size, setSize] = useState<[number, number]>([0, 0]);
  useEffect(() => {
    const el = ref.current;
    if (!el) return undefined;
    const watch = new ResizeObserver((entries) => {
      const box = entries[entries.length - 1]?.contentRect;
      if (box)
        setSize((old) => (old[0] === box.width && old[1] === box.height ? old : [box.width, box.height]));
    });
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  return [ref, size[0], size[1]];
}
