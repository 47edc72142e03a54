// Many wait on one signal, and the signal has one listener.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { onAbort, systemClock, untilAborted } from '../src/index.ts';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('a hundred that wait are told once each, those that took it back are not, and nothing is left', () => {
  const stop = new AbortController();
  let told = 0;
  const count = (): void => void (told += 1);
  const unlisten = Array.from({ length: 100 }, () => onAbort(stop.signal, count));
  assert.equal(listeners(stop.signal), 1);
  for (const end of unlisten.slice(0, 40)) end();
  stop.abort();
  assert.equal(told, 60);
  assert.equal(listeners(stop.signal), 0);
  for (const end of unlisten) end();
  onAbort(stop.signal, count);
  assert.equal(told, 61, 'at once when it has aborted');
});

test('the last one that takes it back takes the listener along, and a later one begins again', () => {
  const stop = new AbortController();
  onAbort(stop.signal, () => undefined)();
  assert.equal(listeners(stop.signal), 0);
  let told = false;
  onAbort(stop.signal, () => (told = true));
  stop.abort();
  assert.equal(told, true);
});

test('pauses with one signal leave no listener, and an abort ends them with its reason', async () => {
  const stop = new AbortController();
  await Promise.all(Array.from({ length: 30 }, () => systemClock.sleep(1, stop.signal)));
  assert.equal(listeners(stop.signal), 0);
  const reason = new Error('enough');
  const pauses = Array.from({ length: 30 }, () => systemClock.sleep(60_000, stop.signal));
  assert.equal(listeners(stop.signal), 1);
  stop.abort(reason);
  for (const pause of pauses) await assert.rejects(pause, reason);
  await assert.rejects(systemClock.sleep(60_000, stop.signal), reason);
});

test('work that is given up rejects with the reason, work that ends first has its result', async () => {
  const stop = new AbortController();
  assert.equal(await untilAborted(Promise.resolve(1), stop.signal), 1);
  assert.equal(listeners(stop.signal), 0);
  const reason = new Error('enough');
  const never = untilAborted(new Promise(() => undefined), stop.signal);
  stop.abort(reason);
  await assert.rejects(never, reason);
});
