/*
 * build.mjs - makes the pages: bundles, names by content, compresses, and prints the table the server links.
 *
 * usage: node build.mjs --out DIR [--depfile FILE]
 *
 * DIR/dist/            the files as they are served, each with a .gz beside it
 * DIR/web-manifest.json   path, type, sizes, immutable: what there is
 * DIR/web_assets.S        the bytes, read-only, by .incbin
 * DIR/web_assets_table.c  struct web_asset of each (web/web_assets.h)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import zlib from "node:zlib";
import { install } from "./install.mjs";

const web = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Bundles one entry and returns its bytes and the files they were made from. */
async function bundle(esbuild, entry, format) {
  const r = await esbuild.build({
    absWorkingDir: web,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format,
    target: ["chrome90", "firefox90", "safari15"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    charset: "utf8",
    define: { "process.env.NODE_ENV": '"production"' },
    outdir: "out",
    logLevel: "warning",
  });
  return { bytes: Buffer.from(r.outputFiles[0].contents), inputs: Object.keys(r.metafile.inputs) };
}

/** The licence texts of what is inside the bundle, as their licences ask. */
function licences(inputs) {
  const names = new Set();
  for (const f of inputs) {
    const m = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(f);
    if (m) names.add(m[1]);
  }
  return [...names]
    .sort()
    .map((name) => {
      const dir = path.join(web, "node_modules", name);
      const { version, license } = JSON.parse(fs.readFileSync(path.join(dir, "package.json"), "utf8"));
      const file = fs.readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
      const text = file ? fs.readFileSync(path.join(dir, file), "utf8").trim() : `Licence: ${license}`;
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(72)}\n\n`);
}

async function makeFiles() {
  const esbuild = await import("esbuild");
  const files = [];
  const inputs = new Set(["index.html", "src/icon.svg"]);
  const add = (name, bytes) => {
    const ext = path.extname(name);
    const hashed = `/assets/${path.basename(name, ext)}-${hash(bytes).slice(0, 10)}${ext}`;
    files.push({ path: hashed, bytes, immutable: true });
    return hashed;
  };
  const refs = {};
  for (const [name, entry, format] of [
    ["app.js", "src/main.tsx", "esm"],
    ["boot.js", "src/boot.ts", "iife"],
    ["app.css", "src/style/app.css", "esm"],
  ]) {
    const b = await bundle(esbuild, entry, format);
    b.inputs.forEach((f) => inputs.add(f));
    refs[name] = add(name, b.bytes);
  }
  refs["icon.svg"] = add("icon.svg", fs.readFileSync(path.join(web, "src/icon.svg")));
  files.push({ path: "/licenses.txt", bytes: Buffer.from(licences(inputs)), immutable: false });

  const page = fs
    .readFileSync(path.join(web, "index.html"), "utf8")
    .replace(/\{\{([^}]+)\}\}/g, (_, name) => {
      if (!refs[name]) throw new Error(`index.html names {{${name}}}, which is not built`);
      return refs[name];
    });
  files.push({ path: "/index.html", bytes: Buffer.from(page), immutable: false });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, inputs: [...inputs].map((f) => path.resolve(web, f)) };
}

/** Writes the files and their compressed forms; returns the rows of the manifest. */
function writeDist(out, files) {
  const dist = path.join(out, "dist");
  fs.rmSync(dist, { recursive: true, force: true });
  return files.map(({ path: p, bytes, immutable }) => {
    const raw = path.join(dist, p);
    fs.mkdirSync(path.dirname(raw), { recursive: true });
    fs.writeFileSync(raw, bytes);
    const packed = zlib.gzipSync(bytes, { level: 9 });
    const gz = packed.length < bytes.length ? `${raw}.gz` : null;
    if (gz) fs.writeFileSync(gz, packed);
    return {
      path: p,
      type: TYPES[path.extname(p)],
      etag: `"${hash(bytes).slice(0, 20)}"`,
      immutable,
      raw,
      raw_len: bytes.length,
      gz,
      gz_len: gz ? packed.length : 0,
    };
  });
}

const c = (s) => JSON.stringify(s); // paths and types here are plain ASCII: a C literal is the same

function assembly(rows) {
  const one = (name, file) =>
    `\t.balign 16\n\t.hidden ${name}\n\t.global ${name}\n${name}:\n\t.incbin ${c(file)}\n`;
  return (
    "/* Made by web/tools/build.mjs. */\n\t.section .rodata\n" +
    rows.map((r, i) => one(`web_asset_${i}`, r.raw) + (r.gz ? one(`web_asset_${i}_gz`, r.gz) : "")).join("") +
    '\t.section .note.GNU-stack,"",%progbits\n'
  );
}

function table(rows) {
  const hidden = '__attribute__((visibility("hidden"))) extern const unsigned char';
  return (
    '/* Made by web/tools/build.mjs. */\n#include "web_assets.h"\n\n' +
    rows
      .map((r, i) => `${hidden} web_asset_${i}[];\n` + (r.gz ? `${hidden} web_asset_${i}_gz[];\n` : ""))
      .join("") +
    "\nstatic const struct web_asset assets[] = {\n" +
    rows
      .map(
        (r, i) =>
          `\t{\n\t\t.path = ${c(r.path)},\n\t\t.type = ${c(r.type)},\n\t\t.etag = ${c(r.etag)},\n` +
          (r.gz ? `\t\t.gz = web_asset_${i}_gz,\n\t\t.gz_len = ${r.gz_len},\n` : "") +
          `\t\t.raw = web_asset_${i},\n\t\t.raw_len = ${r.raw_len},\n\t\t.immutable = ${r.immutable},\n\t},\n`,
      )
      .join("") +
    "};\n\nconst struct web_asset *web_assets(size_t *ret_n)\n{\n" +
    "\t*ret_n = sizeof(assets) / sizeof(assets[0]);\n\treturn assets;\n}\n"
  );
}

async function main() {
  const { values } = parseArgs({ options: { out: { type: "string" }, depfile: { type: "string" } } });
  if (!values.out) throw new Error("usage: build.mjs --out DIR [--depfile FILE]");
  const out = path.resolve(values.out);
  await install(web);
  const { files, inputs } = await makeFiles();
  fs.mkdirSync(out, { recursive: true });
  const rows = writeDist(out, files);
  const shown = rows.map(({ raw, gz, ...r }) => r);
  fs.writeFileSync(path.join(out, "web_assets.S"), assembly(rows));
  fs.writeFileSync(path.join(out, "web_assets_table.c"), table(rows));
  if (values.depfile) {
    const deps = inputs.filter((f) => !f.includes("node_modules")).map((f) => f.replace(/ /g, "\\ "));
    fs.writeFileSync(values.depfile, `web/web-manifest.json: ${deps.join(" ")}\n`);
  }
  fs.writeFileSync(path.join(out, "web-manifest.json"), JSON.stringify(shown, null, 2) + "\n");
}

main().catch((e) => {
  console.error(`web: ${e.message}`);
  process.exit(1);
});
