// How much memory the workers of a stack and their processes for programs took at their peak (Linux's proc(5)).
import { readFileSync, readdirSync } from 'node:fs';

const LOOK_MS = 20;

/** What a file of a process says; nothing where it has ended meanwhile, or where the system has no such files. */
function said(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The processes that one has started. */
export function children(pid) {
  let threads = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
  }
  return threads.flatMap((thread) => said(pid, `task/${thread}/children`).split(' ').filter(Boolean));
}

const mb = (pid, key) => Math.ceil(Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(said(pid, 'status'))?.[1] ?? 0) / 1024);

/** The processes under a stack that are this function. */
export const running = (stack, name) => children(stack).filter((pid) => said(pid, 'cmdline').split(/[\0/]/).includes(name));

/** The most that a process has taken, in megabytes. */
export const peak = (pid) => mb(pid, 'VmHWM');

/** Of the worker that takes most with its process for programs: the peak of each, and what both take now, in megabytes. */
export function taken(stack) {
  const each = running(stack, 'worker-fn').map((pid) => {
    const programs = children(pid);
    const together = [pid, ...programs].reduce((sum, one) => sum + mb(one, 'VmRSS'), 0);
    return { worker: peak(pid), programs: Math.max(0, ...programs.map(peak)), together };
  });
  return each.reduce(most, { worker: 0, programs: 0, together: 0 });
}

const most = (one, other) => Object.fromEntries(Object.entries(one).map(([name, mb]) => [name, Math.max(mb, other[name])]));

/** Does something, and looks all the while: a process that dies of its payload takes what it says with it. */
export async function watched(stack, act) {
  let peaks = taken(stack);
  const look = setInterval(() => { peaks = most(peaks, taken(stack)); }, LOOK_MS);
  await act().finally(() => clearInterval(look));
  return peaks;
}
