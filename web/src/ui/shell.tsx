/*
 * shell.tsx - what surrounds every page: navigation, the state of the connection, the person.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import type { ComponentChildren, JSX } from "preact";
import { t, tMaybe, words } from "../i18n/index.ts";
import { age } from "../lib/format.ts";
import { now } from "../store/clock.ts";
import { counts, health } from "../store/fleet.ts";
import { prefs } from "../store/prefs.ts";
import { route } from "../store/router.ts";
import { logout, session, version } from "../store/session.ts";
import { link, lostAt, retryNow } from "../store/stream.ts";
import { Icon, type IconName } from "./icons.tsx";

export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path class="logo-body" d="M16 2l12 7v14l-12 7-12-7V9z" />
      <path class="logo-sign" d="M9 21.5v-11l7 6.5 7-6.5v11" />
    </svg>
  );
}

export function Switches(): JSX.Element {
  const theme = prefs.theme.value;
  const icon: IconName = theme === "auto" ? "auto" : theme === "light" ? "sun" : "moon";
  return (
    <>
      <button
        type="button"
        class="icon-button text"
        title={t("nav.language")}
        aria-label={t("nav.language")}
        onClick={prefs.toggleLang}
      >
        {prefs.lang.value === "zh" ? "EN" : "中"}
      </button>
      <button
        type="button"
        class="icon-button"
        title={t(`nav.theme.${theme}`)}
        aria-label={t(`nav.theme.${theme}`)}
        onClick={prefs.nextTheme}
      >
        <Icon name={icon} />
      </button>
    </>
  );
}

function LinkState(): JSX.Element {
  const state = link.value;
  const name = t(state === "live" ? "live.on" : state === "lost" ? "live.off" : "live.connecting");
  return (
    <span class={`link-state ${state}`} title={state === "live" ? t("live.on.hint") : name} role="status">
      {state === "lost" ? <Icon name="lost" size={14} /> : <i class="dot" />}
      <span class="word">{name}</span>
    </span>
  );
}

function Tab({
  page,
  href,
  icon,
  badge,
}: {
  page: string;
  href: string;
  icon: IconName;
  badge?: number;
}): JSX.Element {
  const here = route.value.page === page || (page === "hosts" && route.value.page === "host");
  return (
    <a class="tab" href={href} aria-current={here ? "page" : undefined}>
      <Icon name={icon} size={18} />
      <span>{t(`nav.${page}` as "nav.hosts")}</span>
      {!!badge && (
        <b class="tab-badge" title={t("state.offline")}>
          {badge}
        </b>
      )}
    </a>
  );
}

function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.().catch(() => {});
}

function TopBar(): JSX.Element {
  const who = session.value?.user;
  return (
    <header class="topbar">
      <a class="brand" href="/">
        <Logo />
        <span>muster</span>
      </a>
      <nav class="tabs" aria-label={t("nav.main")}>
        <Tab page="overview" href="/" icon="overview" />
        <Tab page="hosts" href="/hosts" icon="hosts" badge={counts.value.offline} />
        <Tab page="events" href="/events" icon="events" />
        {who?.role === "admin" && <Tab page="tokens" href="/tokens" icon="tokens" />}
      </nav>
      <div class="topbar-end">
        <LinkState />
        <button
          type="button"
          class="icon-button wide-only"
          title={t("nav.fullscreen")}
          aria-label={t("nav.fullscreen")}
          onClick={toggleFullscreen}
        >
          <Icon name="full" />
        </button>
        <Switches />
        {who && (
          <span class="who wide-only" title={t("nav.version", { version: version.value })}>
            {t("nav.signed_in", { name: who.name, role: t(`role.${who.role}`) })}
          </span>
        )}
        <button
          type="button"
          class="icon-button"
          title={t("nav.logout")}
          aria-label={t("nav.logout")}
          onClick={() => void logout().catch(() => {})}
        >
          <Icon name="logout" />
        </button>
      </div>
    </header>
  );
}

function Banners(): JSX.Element {
  // While the connection is away nothing is known of the rest.
  const parts = (link.value === "lost" ? undefined : health.value)?.parts.filter((p) => !p.ok) ?? [];
  return (
    <div class="banners" aria-live="polite">
      {link.value === "lost" && (
        <div class="banner bad">
          <Icon name="lost" />
          <span>{t("live.lost", { age: age(now.value - lostAt.value, words.value) })}</span>
          <button type="button" class="button" onClick={retryNow}>
            {t("live.back")}
          </button>
        </div>
      )}
      {parts.length > 0 && (
        <div class="banner warn">
          <Icon name="warn" />
          <span>
            {t("health.degraded")}{" "}
            {parts.map((p) => (
              <span key={p.name} class="part">
                {t("health.part", { name: p.name, state: tMaybe(`part.${p.state}`, p.state) })}
                {p.since ? ` (${t("health.since", { age: age(now.value - p.since, words.value) })})` : ""}
                {p.message ? ` ${p.message}` : ""}
              </span>
            ))}
          </span>
        </div>
      )}
    </div>
  );
}

// These fill the screen and scroll inside themselves.
const FITTED = new Set(["overview", "hosts"]);

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <div
      class={`shell ${FITTED.has(route.value.page) ? "fit" : ""} ${link.value === "lost" ? "is-lost" : ""}`}
    >
      <a class="skip" href="#main">
        {t("nav.skip")}
      </a>
      <TopBar />
      <Banners />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** The frame of the pages before somebody is signed in. */
export function Gate({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="gate">
      <div class="gate-switches">
        <Switches />
      </div>
      <main class="gate-box" id="main">
        <div class="gate-brand">
          <Logo />
          <div>
            <b>muster</b>
            <span>{t("app.tagline")}</span>
          </div>
        </div>
        <h1>{title}</h1>
        {children}
      </main>
      {version.value && <footer class="gate-foot">{t("nav.version", { version: version.value })}</footer>}
    </div>
  );
}
