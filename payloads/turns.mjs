// Many things to do, so many of them at once.

/** Does something with each item, with at most `width` of them under way. */
export async function inTurns(items, width, act) {
  const left = items.values();
  const worker = async () => { for (const item of left) await act(item); };
  await Promise.all(Array.from({ length: width }, worker));
}
