// The cases: what is changed while users send requests, one change after the other, and what each change must end with.
import { faults, type Application, type Fault } from './applications.ts';
import type { ReleasesSystem } from './system.ts';
import type { ToolEnd } from './tool.ts';

export interface Change {
  readonly name: string;
  readonly make: (system: ReleasesSystem) => Promise<ToolEnd>;
  /** The code of the error that it must end with; undefined: it must succeed. */
  readonly endsWith?: string;
  /** The bad release ends in the middle of its answers: then the balancer says 502 to 504 for them, and the words are not there. */
  readonly cutsAnswers?: boolean;
}

export interface Case {
  readonly name: string;
  readonly about: string;
  /** `releases`: how many good and bad ones a series has. */
  readonly changes: (application: Application, releases: number) => readonly Change[];
}

function good(): Change {
  return { name: 'release', make: (system) => system.release() };
}

function bad(fault: Fault): Change {
  return {
    name: `bad release: ${fault}`,
    make: (system) => system.release(fault),
    endsWith: 'reconcile-release-rejected',
    cutsAnswers: fault === 'exits',
  };
}

/** Every fifth release, or more often in a short series, is a bad one of the next kind; each is followed by a good one. */
function series({ faults: known }: Application, releases: number): Change[] {
  const kinds = faults.filter((fault) => known[fault] !== undefined);
  const every = Math.max(2, Math.floor(releases / Math.max(1, kinds.length)));
  return Array.from({ length: releases }, (_, place) => {
    const kind = place % every === every - 2 ? kinds[Math.floor(place / every)] : undefined;
    return kind === undefined ? good() : bad(kind);
  });
}

let changed = 0;
const variable = (): Change => ({
  name: 'a variable',
  make: (system) => system.change({ environment: { COLOUR: `colour-${(changed += 1)}` } }),
});

export const cases: readonly Case[] = [
  { name: 'releases', about: 'releases in a row, some of them bad', changes: series },
  {
    name: 'one-each',
    about: 'a release, a variable, a bad release',
    // The bad one is the last: its folder is what the next change would deploy.
    changes: () => [good(), variable(), bad('bad-start')],
  },
  {
    name: 'rollback',
    about: 'a release, then `release rollback`',
    changes: () => [
      { ...good(), name: 'release before the rollback' },
      { name: 'rollback', make: (system) => system.rollback() },
    ],
  },
  { name: 'variable', about: 'a variable of the application', changes: () => [variable()] },
  {
    name: 'file',
    about: 'a file with a secret is added, then changed',
    changes: () => [
      { name: 'a secret', make: (system) => system.change({ secret: 'second' }) },
      { name: 'another secret', make: (system) => system.change({ secret: 'third' }) },
    ],
  },
  {
    name: 'kernel',
    about: 'kernel settings: another failover profile, which the engines take too; then one set by hand is put right',
    changes: () => [
      { name: 'failover stock', make: (system) => system.change({ failover: 'stock' }) },
      { name: 'failover fast', make: (system) => system.change({ failover: 'fast' }) },
      {
        name: 'a setting by hand, and apply',
        make: async (system) => {
          await system.run('run', 'service', 'sysctl -w net.ipv4.tcp_retries2=14');
          return await system.change({});
        },
      },
    ],
  },
  {
    name: 'restart',
    about: 'understudy restart service',
    changes: () => [{ name: 'restart', make: (system) => system.run('restart', 'service', '--yes') }],
  },
  {
    name: 'grow',
    about: 'two service machines become three, and two again',
    changes: () => [
      { name: 'to three', make: (system) => system.change({ instances: 3 }) },
      { name: 'to two', make: (system) => system.change({ instances: 2 }) },
    ],
  },
  {
    name: 'check',
    about: "the balancer's check: another interval, another path",
    changes: () => [
      { name: 'interval', make: (system) => system.change({ check: { intervalS: 5 } }) },
      { name: 'path', make: (system) => system.change({ check: { path: '/search?q=understudy' } }) },
      { name: 'as before', make: (system) => system.change({ check: {} }) },
    ],
  },
  {
    name: 'listener',
    about: 'the algorithm of the balancer, and a listener for https that comes and goes',
    changes: () => [
      { name: 'algorithm', make: (system) => system.change({ balancer: { algorithm: 'leastconn' } }) },
      {
        name: 'https',
        make: (system) =>
          system.change({
            listeners: [
              { port: 80, protocol: 'http' },
              { port: 443, protocol: 'https' },
            ],
          }),
      },
      {
        name: 'without',
        make: (system) => system.change({ balancer: {}, listeners: [{ port: 80, protocol: 'http' }] }),
      },
    ],
  },
  {
    name: 'port',
    about: 'another service.port, and the one before again',
    changes: () => [
      { name: 'to 8181', make: (system) => system.change({ port: 8181 }) },
      { name: 'to 8080', make: (system) => system.change({ port: 8080 }) },
    ],
  },
];
