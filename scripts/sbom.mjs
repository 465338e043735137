/**
 * Says what is shipped: `sbom.cdx.json` (CycloneDX 1.6) and `THIRD-PARTY.txt` (every licence), of exactly the libraries of which
 * something is in the build. Usage: node scripts/sbom.mjs [DIST [OUT]]; dist and dist unless given.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { epoch, LICENSE, ROOT, VERSION } from './tree.mjs';

/** The library a file belongs to: its directory in node_modules. */
const libraryOf = (file) => {
  const parts = file.split('/');
  const at = parts.lastIndexOf('node_modules');
  return parts.slice(0, at + (parts[at + 1].startsWith('@') ? 3 : 2)).join('/');
};

const candidates = (path) => {
  const [directory, name] = [dirname(path), path.slice(path.lastIndexOf('/') + 1)];
  return [path, `${path}.scss`, join(directory, `_${name}.scss`), join(path, 'index.scss'), join(path, '_index.scss')];
};

/** Style sheets that a style sheet loads, itself included. */
const sheets = (file, seen = new Set()) => {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/^\s*@(?:use|forward|import)\s+["']([^"']+)["']/gm)) {
    if (name.startsWith('sass:')) continue;
    const found = [join(dirname(file), name), join(ROOT, 'node_modules', name)]
      .flatMap(candidates)
      .find((c) => existsSync(c) && c.endsWith('.scss'));
    if (found) sheets(found, seen);
  }
  return seen;
};

const licenceTexts = (directory) =>
  readdirSync(directory)
    .filter((f) => /^(licen[cs]e|copying|notice|copyright|third[-_]?party)/i.test(f))
    .sort()
    .map((f) => readFileSync(join(directory, f), 'utf8').replaceAll('\r\n', '\n').trim());

/** @returns {{ name: string, version: string, licence: string, texts: string[], integrity: string | undefined }[]} */
export const librariesOf = (dist) => {
  const used = JSON.parse(readFileSync(join(dist, 'used.json'), 'utf8'));
  const styles = [...sheets(join(ROOT, 'renderer', 'styles', 'index.scss'))].filter((f) => f.includes('node_modules/'));
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const places = [...used, ...styles.map((f) => f.slice(f.indexOf('node_modules/'))), 'node_modules/playwright-core/index.js'];
  return [...new Set(places.map(libraryOf))].sort().map((place) => {
    const about = JSON.parse(readFileSync(join(ROOT, place, 'package.json'), 'utf8'));
    if (typeof about.license !== 'string') throw new Error(`${place} does not say its licence`);
    return {
      name: about.name,
      version: about.version,
      licence: about.license,
      texts: licenceTexts(join(ROOT, place)),
      integrity: lock[place]?.integrity,
    };
  });
};

const purl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** A version 5-like UUID of the content: the same content has the same. */
const serial = (text) => {
  const h = createHash('sha256').update(text).digest('hex');
  return `urn:uuid:${h.slice(0, 8)}-${h.slice(8, 12)}-5${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
};

/** CycloneDX 1.6, as text. */
export const sbomText = (libraries) => {
  const components = libraries.map((l) => ({
    type: 'library',
    'bom-ref': purl(l),
    name: l.name,
    version: l.version,
    purl: purl(l),
    licenses: /\s/.test(l.licence) ? [{ expression: l.licence }] : [{ license: { id: l.licence } }],
    ...(l.integrity?.startsWith('sha512-')
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(l.integrity.slice(7), 'base64').toString('hex') }] }
      : {}),
  }));
  const self = `pkg:generic/selwright@${VERSION}`;
  const body = {
    metadata: {
      timestamp: new Date(epoch() * 1000).toISOString().replace('.000', ''),
      component: {
        type: 'application',
        'bom-ref': self,
        name: 'selwright',
        version: VERSION,
        licenses: [{ license: { id: LICENSE } }],
      },
    },
    components,
    dependencies: [{ ref: self, dependsOn: components.map((c) => c['bom-ref']) }],
  };
  return `${JSON.stringify(
    { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serial(JSON.stringify(body)), version: 1, ...body },
    null,
    2,
  )}\n`;
};

/** Every licence, texts that are the same given once. */
export const thirdPartyText = (libraries) => {
  const byText = new Map();
  for (const l of libraries)
    for (const text of l.texts.length > 0 ? l.texts : [`Licence: ${l.licence}. The package brings no text of its own.`])
      byText.set(text, [...(byText.get(text) ?? []), `${l.name} ${l.version}`]);
  const list = libraries.map((l) => `  ${l.name} ${l.version}: ${l.licence}`).join('\n');
  const texts = [...byText].map(([text, names]) => `${'='.repeat(80)}\n${names.join(', ')}\n${'='.repeat(80)}\n\n${text}\n`);
  return `Selwright ${VERSION} contains parts of these libraries:\n\n${list}\n\nTheir licences:\n\n${texts.join('\n')}`;
};

/** Writes both. */
export const writeSbom = (dist, out) => {
  const libraries = librariesOf(dist);
  writeFileSync(join(out, 'sbom.cdx.json'), sbomText(libraries));
  writeFileSync(join(out, 'THIRD-PARTY.txt'), thirdPartyText(libraries));
  return libraries.length;
};

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [dist = join(ROOT, 'dist'), out = dist] = process.argv.slice(2);
  console.log(`sbom.cdx.json and THIRD-PARTY.txt: ${writeSbom(dist, out)} libraries`);
}
