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

function children(pid) {
  let threads = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
  }
  return threads.flatMap((thread) => said(pid, `task/${thread}/children`).split(' ').filter(Boolean));
}

const peak_mb = (pid) => Math.ceil(Number(/^VmHWM:\s+(\d+) kB$/m.exec(said(pid, 'status'))?.[1] ?? 0) / 1024);

/** The largest worker under a process, and the largest process for programs, in megabytes. */
export function peaks(stack) {
  const workers = children(stack).filter((pid) => said(pid, 'cmdline').split('\0').includes('worker-fn'));
  const most = (pids) => Math.max(0, ...pids.map(peak_mb));
  return { worker: most(workers), programs: most(workers.flatMap(children)) };
}

/** Does something, and looks all the while: a process that dies of its payload takes what it says with it. */
export async function watched(stack, act) {
  const most = peaks(stack);
  const look = setInterval(() => {
    for (const [name, mb] of Object.entries(peaks(stack))) most[name] = Math.max(most[name], mb);
  }, LOOK_MS);
  await act().finally(() => clearInterval(look));
  return most;
}
