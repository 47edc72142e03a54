// Warnings that hold on every target: writes that are acknowledged early, and a check that is off for an application of one's own.
import type { Topology } from './model.ts';
import type { Found } from './warning.ts';

export function durability({ search }: Topology): Found[] {
  return search.indices.flatMap(({ durability: seen }, at): Found[] =>
    seen === 'async'
      ? [
          {
            id: 'durability-async',
            path:
              search.indices.length === 1 ? ['search', 'index', 'durability'] : ['search', 'indices', at, 'durability'],
            saw: 'async',
            message:
              'writes are acknowledged before they are on disk: machines that fail together lose up to 5 s of them',
            remedy: 'remove the line for request, unless the documents can be made again',
          },
        ]
      : [],
  );
}

/** What is right for an application that this tool does not know, and what its author should know of it. */
export function passiveCheck({ balancer: { check }, service }: Topology): Found[] {
  if (service.artifact === 'builtin' || check.passiveGiven) return [];
  return [
    {
      id: 'passive-check-off',
      path: ['balancer', 'check', 'passive'],
      saw: 'nothing, so it is false for an artifact of your own',
      message:
        'with it one answer of 500, 502, 503 or 504 puts a machine out of the balancer, so a fault of the application, or an ' +
        'outage of the engine that it answers with 5xx, would put out all of them',
      remedy:
        'write passive: false to keep it so, or passive: true if the application never answers 5xx for what is not its ' +
        "machine's fault (docs/balancer-checks.md)",
    },
  ];
}
