// The API as a page to read, made from the OpenAPI document. One file, nothing from elsewhere.
import { openApi } from './openapi.ts';

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly description: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

export function referencePage(): string {
  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method.toUpperCase(), path, operation as Operation)),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(openApi.info.title)}</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }
h2 { border-top: 1px solid #8886; padding-top: 1.5rem; margin-top: 2rem }
code, pre { font: 0.9em ui-monospace, monospace }
pre { padding: 0.75rem; overflow: auto; border: 1px solid #8886; border-radius: 0.4rem }
td, th { padding: 0.25rem 1rem 0.25rem 0; text-align: left; vertical-align: top }
th { white-space: nowrap }
</style>
</head>
<body>
<h1>${escaped(openApi.info.title)}</h1>
<p>${marked(openApi.info.description)} The same as data: <a href="openapi.json">openapi.json</a>.</p>
<pre>curl -X POST -H 'Content-Type: application/json' \\
  -d '{"id": "fox", "data": {"title": "The quick brown fox"}}' HOST/index
curl 'HOST/search?q=fox'</pre>
${operations.join('\n')}
</body>
</html>
`;
}

function section(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(({ name, description, required }) =>
    row(name + (required ? ' (required)' : ''), description),
  );
  const responses = Object.entries(operation.responses).map(([status, { description }]) => row(status, description));
  return `<h2><code>${method} ${escaped(path)}</code></h2>
<p>${escaped(operation.summary)}. ${marked(operation.description ?? '')}</p>
${parameters.length === 0 ? '' : `<h3>Parameters</h3>\n<table>${parameters.join('')}</table>`}
<h3>Answers</h3>
<table>${responses.join('')}</table>`;
}

function row(head: string, description: string): string {
  return `<tr><th scope="row"><code>${escaped(head)}</code></th><td>${marked(description)}</td></tr>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The one bit of Markdown that the descriptions use: code between backticks. */
function marked(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
