// The API as a page to read, made from the OpenAPI document. One file, nothing from elsewhere.
import { openApi } from './openapi.ts';
import { schemas } from './schemas.ts';

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** What of a schema the page tells. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly example?: unknown;
}

export function referencePage(): string {
  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method.toUpperCase(), path, operation as Operation)),
  );
  const shapes = Object.entries(schemas).map(([name, schema]) => shapeSection(name, schema));
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
<h2>Shapes</h2>
${shapes.join('\n')}
</body>
</html>
`;
}

function section(method: string, path: string, operation: Operation): string {
  const { summary, description = '', parameters = [], requestBody, responses } = operation;
  const answers = Object.entries(responses).map(([status, answer]) =>
    row(status, `${answer.description} ${sentOf(answer.content)}`),
  );
  return `<h2><code>${method} ${escaped(path)}</code></h2>
<p>${escaped(/[.?]$/.test(summary) ? summary : `${summary}.`)} ${marked(description)}</p>
${requestBody === undefined ? '' : `<p>Body: ${marked(sentOf(requestBody.content))}</p>`}
${table('Parameters', parameters.map(parameterRow))}
${table('Answers', answers)}`;
}

function parameterRow({ name, required, description, schema }: Parameter): string {
  const { minimum, maximum, default: absent } = schema;
  const range = minimum === undefined || maximum === undefined ? '' : ` From ${minimum} to ${maximum}.`;
  const fallback = absent === undefined ? '' : ` \`${JSON.stringify(absent)}\` when absent.`;
  return row(name + (required ? ' (required)' : ''), description + range + fallback);
}

function shapeSection(name: string, { description = '', properties = {}, required = [], example }: Schema): string {
  const fields = Object.entries(properties).map(([field, schema]) =>
    row(field + (required.includes(field) ? '' : ' (optional)'), `${typeOf(schema)}. ${schema.description ?? ''}`),
  );
  return `<h3 id="${name}">${name}</h3>
<p>${marked(description)}</p>
<table>${fields.join('')}</table>
${example === undefined ? '' : `<pre>${escaped(JSON.stringify(example))}</pre>`}`;
}

/** A body in words: its content type and the name of its shape. */
function sentOf(content: Content = {}): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `\`${type}\`${type === 'application/json' ? `, ${typeOf(schema)}` : ''}.`)
    .join(' ');
}

function typeOf({ $ref, type, items, anyOf }: Schema): string {
  if ($ref !== undefined) return `\`${$ref.slice($ref.lastIndexOf('/') + 1)}\``;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (items !== undefined) return `list of ${typeOf(items)}`;
  return type === undefined ? 'anything' : [type].flat().join(' or ');
}

function table(title: string, rows: readonly string[]): string {
  return rows.length === 0 ? '' : `<h3>${title}</h3>\n<table>${rows.join('')}</table>`;
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
