// A machine in memory that understands the scripts which the tool sends: files, units, packages, kernel settings. It replaces
// the remote side only; it ignores what it does not understand, and refuses what a real machine would refuse.
import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { certificateAnswer } from './simulated-certificates.ts';
import { askedOfGateway, gatewayHealth, gatewayLine, gatewayUnit, startGateway } from './simulated-gateway.ts';
import { askedOfService, assignmentsOf, isBroken, serviceLine, serviceUnit } from './simulated-service.ts';
import { askedOfStart } from './simulated-start.ts';
import { afterKeys, askedOfCallers } from './simulated-callers.ts';

export interface SimulatedFile {
  content: string;
  mode: string;
  owner: string;
}

const engineUnits = ['elasticsearch.service', 'opensearch.service'];
const sysctlUnit = 'understudy-sysctl.service';

export class SimulatedMachine {
  readonly files = new Map<string, SimulatedFile>();
  /** Whether the engine's user can read its keystore. */
  keystore: 'read' | 'unreadable' = 'read';
  readonly packages = new Map<string, string>();
  readonly units = new Map<string, { active: boolean; enabled: boolean }>();
  readonly sysctls = new Map<string, string>();
  readonly links = new Map<string, string>();
  readonly releases = new Set<string>();
  /** Which cluster the data belongs to; `started` before it belongs to any; undefined: the directory is empty. */
  data: string | undefined;
  /** For how many seconds cloud-init has been running; undefined: it has ended. */
  cloudInitRunningS: number | undefined;
  /** What the running engine is, whatever was installed since. */
  engineVersion: string | undefined;
  engineStarts = 0;
  serviceStarts = 0;
  gatewayStarts = 0;
  /** Ends of release ids and words of the environment with which the service does not serve. */
  readonly broken = new Set<string>();
  /** End of a release id -> paths that the release answers with 500. */
  readonly unanswered = new Map<string, readonly string[]>();
  /** Peers of open connections to the service, one a line. */
  connections = '';
  /** Whether its service takes requests that other service machines pass on. */
  takesPeers = true;
  /** How far its clock is ahead. */
  clockAheadMs = 0;
  /** Told of every start of the gateway, before it. */
  onGatewayStart: () => void = () => undefined;
  /** Told of every stop of the running service, before it. */
  onServiceStop: () => void = () => undefined;
  #booted = false;

  /** Power on: cloud-init at the first boot, enabled units at every one. What lay in /run is gone. */
  boot(userData: string | undefined): void {
    for (const path of [...this.files.keys()]) if (path.startsWith('/run/')) this.files.delete(path);
    for (const unit of this.units.values()) unit.active = false;
    if (!this.#booted && userData !== undefined) this.#firstBoot(userData);
    this.#booted = true;
    for (const [name, unit] of this.units) if (unit.enabled) this.start(name);
  }

  #firstBoot(userData: string): void {
    const config = parse(userData) as {
      users: { ssh_authorized_keys: string[] }[];
      write_files?: { path: string; content: string; permissions: string; owner: string }[];
      runcmd?: string[][];
    };
    for (const { path, content, permissions, owner } of config.write_files ?? []) {
      this.files.set(path, { content, mode: permissions, owner });
    }
    const keys = config.users.flatMap((user) => user.ssh_authorized_keys).map((key) => `${key}\n`);
    this.files.set('/root/.ssh/authorized_keys', { content: keys.join(''), mode: '0600', owner: 'root:root' });
    for (const command of config.runcmd ?? []) if (command[0]?.endsWith('install-engine')) this.install();
  }

  install(): void {
    const script = this.files.get('/usr/local/lib/understudy/install-engine')?.content ?? '';
    const wanted = /^package=(\S+) version=(\S+) /m.exec(script);
    if (!wanted?.[1] || !wanted[2]) return;
    this.packages.set(wanted[1], wanted[2]);
    const unit = `${wanted[1]}.service`;
    this.units.set(unit, this.units.get(unit) ?? { active: false, enabled: false });
  }

  engineUnit(): string | undefined {
    return engineUnits.find((unit) => this.units.get(unit)?.active);
  }

  /** Returns false when systemd would refuse. */
  start(name: string): boolean {
    const unit = this.units.get(name) ?? { active: false, enabled: false };
    this.units.set(name, unit);
    const engine = engineUnits.includes(name) ? name.replace('.service', '') : undefined;
    if (engine !== undefined) {
      const paths = [`/etc/${engine}/${engine}.yml`, `/etc/${engine}/jvm.options.d/understudy.options`];
      if (!this.packages.has(engine) || !paths.every((path) => this.files.has(path))) return false;
      // It ends at once when a file of its TLS settings is missing.
      const settings = this.files.get(paths[0] ?? '')?.content ?? '';
      const named = [...settings.matchAll(/ssl\.(?:key|certificate): (\S+)$/gm)].map(([, path = '']) => path);
      if (!named.every((path) => this.files.has(path))) return false;
      this.record('/run/understudy/engine-started', paths);
      this.data ??= 'started';
      if (!unit.active) this.engineStarts += 1;
      if (!unit.active) this.engineVersion = this.packages.get(engine);
    }
    if (name === serviceUnit) {
      const release = this.links.get('/opt/understudy/current');
      if (release === undefined || !this.files.has('/etc/understudy/service.env')) return false;
      this.record('/run/understudy/service-started', [
        '/etc/understudy/service.env',
        '/etc/systemd/system/understudy-service.service',
      ]);
      this.append('/run/understudy/service-started', `${release}\n`);
      this.serviceStarts += 1;
    }
    if (name === gatewayUnit) {
      if (!startGateway(this)) return false;
      this.gatewayStarts += 1;
    }
    if (name === sysctlUnit) this.#applySysctls();
    unit.active = true;
    return true;
  }

  stop(name: string): void {
    const unit = this.units.get(name);
    if (name === serviceUnit && unit?.active) this.onServiceStop();
    if (unit) unit.active = false;
  }

  record(path: string, of: readonly string[]): void {
    const lines = of.map((file) => `${sha256(this.files.get(file)?.content ?? '')}  ${file}\n`);
    this.files.set(path, { content: lines.join(''), mode: '0644', owner: 'root:root' });
  }

  append(path: string, text: string): void {
    const file = this.files.get(path);
    if (file) file.content += text;
  }

  #applySysctls(): void {
    const lines = this.files.get('/etc/sysctl.d/60-understudy.conf')?.content.split('\n') ?? [];
    for (const line of lines.filter((text) => text.includes('=') && !text.startsWith('#'))) {
      const [key = '', value = ''] = line.split('=').map((part) => part.trim());
      this.sysctls.set(key, value);
    }
  }

  /** What the observing script prints: a line for each question. */
  observe(asked: readonly string[]): string {
    const lines: string[][] = [];
    for (let at = 0; at < asked.length; at += 2) {
      const [kind = '', subject = ''] = asked.slice(at, at + 2);
      const values = this.#answer(kind, subject);
      lines.push([kind, subject, ...(values ? ['seen', ...values] : ['absent'])]);
    }
    lines.push(['end', '-', 'seen', '-']);
    return lines.map((line) => `${line.join('\t')}\n`).join('');
  }

  /** Undefined: absent. */
  #answer(kind: string, subject: string): string[] | undefined {
    const file = this.files.get(subject);
    switch (kind) {
      case 'file':
        return file && [sha256(file.content), file.mode, file.owner];
      case 'record':
        return file && [Buffer.from(file.content).toString('base64')];
      case 'assignments':
        return file && assignmentsOf(file.content);
      case 'unit':
        return this.#unit(subject);
      case 'sysctl':
        return [this.sysctls.get(subject) ?? '0', 'yes'];
      case 'package': {
        const version = this.packages.get(subject);
        return version === undefined ? undefined : ['hi ', 'installed', version];
      }
      case 'directory':
        return this.#data();
      case 'link': {
        const to = this.links.get(subject);
        return to === undefined ? undefined : [to];
      }
      case 'disk':
        return ['4096 1000000 900000 850000 250000 240000'];
      case 'readable': {
        const owner = subject.split(':')[0] ?? '';
        const key = this.files.get(subject.slice(owner.length + 1));
        if (owner !== '_apt') return key && [key.owner.startsWith(`${owner}:`) ? 'yes' : 'no'];
        return ['yes'];
      }
      case 'health':
        return gatewayHealth(this, subject);
      case 'dpkg':
        return ['no', ''];
      case 'cloud-init':
        if (this.cloudInitRunningS !== undefined) return ['running', '', String(this.cloudInitRunningS)];
        return ['ended', Buffer.from('{"v1":{"init":{"errors":[]}}}').toString('base64'), '60'];
      case 'operator':
        return ['203.0.113.7'];
      default:
        return undefined;
    }
  }

  #unit(name: string): string[] | undefined {
    const unit = this.units.get(name);
    const ends = name === serviceUnit && isBroken(this);
    const running = unit?.active
      ? ends
        ? ['ActiveState=activating', 'SubState=auto-restart']
        : ['ActiveState=active', 'SubState=running']
      : ['ActiveState=inactive', 'SubState=dead'];
    return (
      unit && [...running, `UnitFileState=${unit.enabled ? 'enabled' : 'disabled'}`, 'Result=success', 'Uptime=60']
    );
  }

  #data(): string[] {
    if (this.data === undefined) return ['empty', '-', 'no'];
    if (this.data === 'started') return ['node-only', '-', 'no'];
    return ['cluster', this.data, 'yes'];
  }

  /** Runs one of the tool's scripts. */
  run(script: string): { readonly code: number; readonly stdout: string } {
    return (
      askedOfGateway(this, script) ??
      askedOfCallers(this, script) ??
      askedOfService(this, script) ??
      askedOfStart(this, script) ??
      certificateAnswer(this.files, script) ??
      afterKeys(this, script, this.#change(script))
    );
  }

  #change(script: string): number {
    const guard = /^if ! echo '([0-9a-f]{64}) {2}(\S+)' \| sha256sum -c/m.exec(script);
    const holdsCluster = this.data !== undefined && this.data !== 'started';
    if (guard && holdsCluster && sha256(this.files.get(guard[2] ?? '')?.content ?? '') !== guard[1]) return 3;
    const puts = script.matchAll(/^put (\S+) (\S+) (\S+) <<'UNDERSTUDY'\n(\S*)\nUNDERSTUDY$/gm);
    for (const [, path = '', mode = '', owner = '', base64 = ''] of puts) {
      const before = this.files.get(path);
      const content = Buffer.from(base64, 'base64').toString();
      if (script.includes(`keep ${path}\n`) && before && before.content !== content)
        this.files.set(`${path}.previous`, before);
      this.files.set(path, { content, mode, owner });
    }
    for (const line of script.split('\n')) if (!this.#line(line.trim())) return 5;
    return 0;
  }

  #line(line: string): boolean {
    if (serviceLine(this, line) || gatewayLine(this, line)) return true;
    const replaced = /^sed -i 's\|\^(.+)\$\|(.+)\|' (\S+)/.exec(line);
    const file = this.files.get(replaced?.[3] ?? '');
    if (replaced && file) file.content = file.content.replace(replaced[1] ?? '', replaced[2] ?? '');
    if (line === '/usr/local/lib/understudy/install-engine install') this.install();
    const enabled = /^systemctl enable --quiet (\S+)$/.exec(line)?.[1];
    if (enabled !== undefined) {
      this.units.set(enabled, { active: this.units.get(enabled)?.active ?? false, enabled: true });
    }
    const [, release, current] = /^ln -sfn (\S+) (\S+)\.new$/.exec(line) ?? [];
    if (release !== undefined && current !== undefined) {
      if (!this.releases.has(release)) return false;
      this.links.set(current, release);
    }
    const started = /^systemctl start (?:--no-block )?(\S+)$/.exec(line)?.[1];
    if (started !== undefined && this.units.get(started)?.active !== true) return this.start(started);
    const stopped = /^systemctl stop (\S+)$/.exec(line)?.[1];
    if (stopped !== undefined) this.stop(stopped);
    const restarted = /^systemctl restart (\S+)$/.exec(line)?.[1];
    if (restarted !== undefined) {
      this.stop(restarted);
      return this.start(restarted);
    }
    return true;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
