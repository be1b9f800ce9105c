/*
 * main.tsx - starts the application.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { effect, untracked } from "@preact/signals";
import { Component, type ComponentChildren, type JSX, render } from "preact";
import { t, tMaybe } from "./i18n/index.ts";
import { EventsPage } from "./pages/events.tsx";
import { GatePage } from "./pages/gate.tsx";
import { HostPage } from "./pages/host.tsx";
import { HostsPage } from "./pages/hosts.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { TokensPage } from "./pages/tokens.tsx";
import { Failure } from "./store/client.ts";
import { counts, loadHealth, resetFleet, roll } from "./store/fleet.ts";
import { navigate, onLinkClick, route } from "./store/router.ts";
import { phase, start } from "./store/session.ts";
import { closeStream, openStream } from "./store/stream.ts";
import { FailureBox } from "./ui/parts.tsx";
import { Shell } from "./ui/shell.tsx";

const HEALTH_MS = 15_000;

// The one-time token is behind the #: it never reaches the server's logs. It is kept in memory only.
const setupToken = location.hash.slice(1);

/** An error of our own is shown, not a white page. */
class Guard extends Component<{ children: ComponentChildren }, { error?: Error }> {
  override componentDidCatch(error: Error): void {
    console.error(error);
    this.setState({ error });
  }

  override render(): ComponentChildren {
    const { error } = this.state;
    if (!error) return this.props.children;
    const failure = new Failure(0, {
      code: "script",
      message: t("error.script", { message: error.message }),
    });
    return <FailureBox failure={failure} retry={() => location.reload()} />;
  }
}

function Page(): JSX.Element {
  const r = route.value;
  switch (r.page) {
    case "overview":
      return <OverviewPage />;
    case "hosts":
      return <HostsPage />;
    case "host":
      return <HostPage key={r.ip} ip={r.ip} />;
    case "events":
      return <EventsPage />;
    case "tokens":
      return <TokensPage />;
    default:
      return (
        <div class="panel empty">
          <h2>{t("error.not_found")}</h2>
          <p>
            <a href="/">{t("error.back")}</a>
          </p>
        </div>
      );
  }
}

function App(): JSX.Element | null {
  if (phase.value !== "in") return <GatePage token={setupToken} />;
  return (
    <Shell>
      <Guard key={location.pathname}>
        <Page />
      </Guard>
    </Shell>
  );
}

effect(() => {
  if (phase.value === "in") openStream();
  else {
    closeStream();
    untracked(resetFleet);
  }
});
effect(() => {
  if (phase.value === "in" && (route.value.page === "login" || route.value.page === "setup"))
    navigate("/", true);
});
// A tab in the background still tells how many hosts are gone.
effect(() => {
  const { offline } = counts.value;
  const r = route.value;
  const inside = phase.value === "in";
  const name = r.page === "host" ? roll.get(r.ip)?.hostname || r.ip : tMaybe(`nav.${r.page}`, "");
  document.title = `${inside && offline > 0 ? `(${offline}) ` : ""}${inside && name ? `${name} · ` : ""}muster`;
});
// A new page starts where a screen reader should: at its content.
let shown = location.pathname;
effect(() => {
  void route.value;
  if (location.pathname === shown) return;
  shown = location.pathname;
  document.getElementById("main")?.focus({ preventScroll: true });
});
setInterval(() => {
  if (phase.value === "in" && !document.hidden) void loadHealth();
}, HEALTH_MS);

document.addEventListener("click", onLinkClick);
render(<App />, document.getElementById("app")!);
void start();
