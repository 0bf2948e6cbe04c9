// A control group: the share of a processor that Lambda gives to so much memory (Lambda developer guide, "Configure
// Lambda function memory": 1,769 MB are one vCPU).
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ONE_PROCESSOR_MB = 1769;
const PERIOD_US = 20_000;
const ROOT = '/sys/fs/cgroup';

export class Group {
  /** Puts processes that run already, of which one works at a time, into a group of their own. */
  constructor(name, mb, pids) {
    const quota_us = Math.round((PERIOD_US * mb) / ONE_PROCESSOR_MB);
    const second = existsSync(join(ROOT, 'cgroup.controllers'));
    this.folder = join(ROOT, second ? '' : 'cpu', name);
    mkdirSync(this.folder, { recursive: true });
    if (second) {
      this.write('cpu.max', `${quota_us} ${PERIOD_US}`);
    } else {
      this.write('cpu.cfs_period_us', PERIOD_US);
      this.write('cpu.cfs_quota_us', quota_us);
    }
    this.pids = pids;
    for (const pid of pids) this.write('cgroup.procs', pid);
  }

  write(file, value) {
    writeFileSync(join(this.folder, file), String(value));
  }

  /** Once its process has ended. */
  remove() {
    rmdirSync(this.folder);
  }
}
