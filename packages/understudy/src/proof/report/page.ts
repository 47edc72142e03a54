// report.html: one file that opens from disk, with everything inside it: style, chart library, data.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Report } from './report.ts';

const here = import.meta.dirname;

/** In the order in which the page runs them; they share one scope, and there is no network to load modules from. */
const scriptNames = ['elements', 'summary', 'timeline', 'latency', 'tables', 'report'] as const;

/** The whole page. The parts lie in page/: markup, style and script as files of their own kind. */
export async function pageOf(report: Report): Promise<string> {
  const chartLibrary = dirname(createRequire(import.meta.url).resolve('uplot'));
  const [markup, style, scripts, uplotScript, uplotStyle] = await Promise.all([
    readFile(join(here, 'page/report.html'), 'utf8'),
    readFile(join(here, 'page/report.css'), 'utf8'),
    Promise.all(scriptNames.map((name) => readFile(join(here, `page/${name}.js`), 'utf8'))),
    readFile(join(chartLibrary, 'uPlot.iife.min.js'), 'utf8'),
    readFile(join(chartLibrary, 'uPlot.min.css'), 'utf8'),
  ]);
  const parts: Readonly<Record<string, string>> = {
    title: `<title>${escapeText(`${report.verdict.drill}: ${report.verdict.result}`)}</title>`,
    style: `<style>${uplotStyle}\n${style}</style>`,
    data: `<script type="application/json" id="data">${embeddedJson(report)}</script>`,
    charts: `<script>${uplotScript}</script>`,
    script: scripts.map((script) => `<script>${script}</script>`).join('\n'),
  };
  return markup.replace(/<!-- put (\w+) -->/g, (whole, name: string) => parts[name] ?? whole);
}

/** JSON that cannot end its script element, whatever an error message holds. */
function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
