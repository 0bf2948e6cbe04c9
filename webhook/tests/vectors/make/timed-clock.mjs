// What the SDKs of timed providers read beside the request, and why some of them judge otherwise than we do.

/** What a judge says at a time: the SDKs read the clock themselves. */
export async function atTime(now_ms, judge) {
  const { Date: real } = globalThis;
  globalThis.Date = class extends real {
    constructor(...given) {
      super(...(given.length === 0 ? [now_ms] : given));
    }
    static now() {
      return now_ms;
    }
  };
  try {
    return await judge();
  } finally {
    globalThis.Date = real;
  }
}

/** What a judge says that would write a log. */
export async function quiet(judge) {
  const { debug, error } = console;
  console.debug = () => {};
  console.error = () => {};
  try {
    return await judge();
  } finally {
    Object.assign(console, { debug, error });
  }
}

/** The headers with their names in lower case, as HTTP servers hand them to an SDK. */
export const lower = ({ headers }) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** One reason for several cases. */
export const because = (reason, ...names) => Object.fromEntries(names.map((name) => [name, reason]));

/** Why an SDK accepts what we refuse as too new, or as too old. */
export const PAST_ONLY = because('the SDK lets timestamps of the future in', 'one second too far in the future');
export const NO_AGE = because(
  'the SDK looks at no time', 'one second past the tolerance', 'a day old', 'one second too far in the future',
);
/** Why an SDK that counts milliseconds refuses what we accept. */
export const COUNTS_MS = because('the SDK counts the fractions of a second', 'the last millisecond of the tolerance');
/** The timestamps that are signed as they stand and no time, for SDKs that read some of them as one. */
export const signedWith = (reason, ...texts) => because(reason, ...texts.map((text) => `signed with the timestamp ${text}`));
/** All of these texts. */
export const ALL_TEXTS = ['+1760000000', '-1760000000', 'abc', '1760000000.5', '0x68e77800', '99999999999999999999'];
