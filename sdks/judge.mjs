// What a provider's own SDK says of a request, by the clock.

/** `accepts` or `refuses`, or undefined where the SDK only signs. An SDK that throws refuses. */
export async function judge({ kind, accepts }, request) {
  if (!accepts) return undefined;
  const asked = { ...request, now_ms: Date.now() };
  const verdict = new Promise((judged) => judged(accepts(asked, kind.secrets[0])));
  return (await verdict.catch(() => false)) ? 'accepts' : 'refuses';
}
