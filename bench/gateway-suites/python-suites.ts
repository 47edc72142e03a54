// The suites that are written in Python: where each has its tests, what it installs, how it is told of the server.
import { pythonSuite } from './pytest.ts';
import type { Suite } from './suite.ts';

interface Origin {
  /** A folder or a git directory with the repository of the suite. */
  readonly sources: string;
  readonly engine: string;
  readonly select: string | undefined;
}

const clientPackages = [
  ...[
    'elasticsearch[async,requests,orjson]==9.4.1',
    'pytest-asyncio==1.5.0',
    'anyio[trio]',
    'pyyaml',
    'python-dateutil',
  ],
  ...['httpx', 'numpy', 'pandas', 'pydantic', 'jinja2', 'pytz', 'mapbox-vector-tile', 'opentelemetry-sdk'],
];
const clientRevision = 'v9.4.1';

/** The official Python client's tests that need a server, except those that download the YAML tests. */
export function pythonClientSuite(origin: Origin): Suite {
  const server = ['test_elasticsearch/test_server', 'test_elasticsearch/test_async/test_server'];
  return pythonSuite({
    name: 'Python client',
    ...origin,
    revision: clientRevision,
    paths: ['test_elasticsearch', 'examples', 'setup.cfg', 'pyproject.toml'],
    packages: clientPackages,
    pytest: [...server.map((folder) => `--ignore=${folder}/test_rest_api_spec.py`), ...server],
    environment: (url) => ({ ELASTICSEARCH_URL: url }),
  });
}

/** The tests of the object mapper (elasticsearch.dsl) and of its examples, which are small applications. */
export function pythonMapperSuite(origin: Origin): Suite {
  return pythonSuite({
    name: 'Python object mapper',
    ...origin,
    revision: clientRevision,
    paths: ['test_elasticsearch', 'examples', 'setup.cfg', 'pyproject.toml'],
    packages: clientPackages,
    pytest: ['test_elasticsearch/test_dsl/test_integration'],
    environment: (url) => ({ ELASTICSEARCH_URL: url }),
  });
}

/** Curator deletes, closes, moves, snapshots and restores indices from a file of actions. */
export function curatorSuite(origin: Origin): Suite {
  return pythonSuite({
    name: 'Curator',
    ...origin,
    revision: 'v9.0.0',
    paths: ['tests'],
    packages: ['elasticsearch-curator==9.0.0', 'requests'],
    pytest: ['tests/integration'],
    environment: (url) => ({ TEST_ES_SERVER: url }),
  });
}

/** What the project's own runner of tests sets, for pytest. An analyzer keeps only what an engine without its modules of analysis has. */
const djangoSettings = `
import os
from django.conf import settings
import django
import elasticsearch.dsl

complete = elasticsearch.dsl.analyzer


def reduced(name, **parts):
    parts.pop("char_filter", None)
    parts["filter"] = [part for part in parts.get("filter", []) if part in ("lowercase", "stop")]
    return complete(name, **parts)


elasticsearch.dsl.analyzer = reduced

settings.configure(
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_elasticsearch_dsl", "tests"],
    ELASTICSEARCH_DSL={"default": {"hosts": os.environ["ELASTICSEARCH_URL"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    ELASTICSEARCH_DSL_SIGNAL_PROCESSOR="django_elasticsearch_dsl.signals.RealTimeSignalProcessor",
)
django.setup()
`;

/** A Django application whose models are kept in the index. */
export function djangoSuite(origin: Origin): Suite {
  return pythonSuite({
    name: 'Django application',
    ...origin,
    revision: 'HEAD',
    paths: ['tests'],
    files: { 'conftest.py': djangoSettings },
    packages: [
      'django-elasticsearch-dsl==9.0',
      'django==5.2.8',
      'pytest-django==4.11.1',
      'six',
      'celery==5.5.3',
      'pillow',
    ],
    pytest: ['tests/test_integration.py'],
    environment: (url) => ({ ELASTICSEARCH_URL: url }),
  });
}

/** A library that keeps the documents of an application for question answering; its tests name the server themselves. */
export function haystackSuite(origin: Omit<Origin, 'sources'>): Suite {
  const published = { name: 'elasticsearch-haystack', version: '7.1.0' };
  return pythonSuite({
    name: 'Haystack document store',
    ...origin,
    sources: published,
    revision: published.version,
    paths: ['tests', 'pyproject.toml'],
    packages: [
      `${published.name}==${published.version}`,
      'haystack-ai==3.4.1',
      'elasticsearch==8.19.3',
      'pytest-asyncio==1.5.0',
    ],
    pytest: ['tests'],
    written: 'http://localhost:9200',
    environment: () => ({ HAYSTACK_TELEMETRY_ENABLED: 'False' }),
  });
}
