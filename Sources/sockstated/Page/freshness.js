// How old the page's document is, and what that means.

/// What the page says of its age.
/// - document: the last one; null before the first.
/// - waited: seconds since it arrived.
/// - failure: why the last request failed; null if it did not.
export function freshness(document, waited, failure) {
  if (!document) {
    return failure
      ? { state: 'stale', text: 'No data yet', warning: `${failure}.` }
      : { state: 'waiting', text: 'Waiting for the first answer', warning: '' };
  }
  const at = new Date(document.time * 1000).toLocaleTimeString('en-GB');
  // Three polls missed, as /-/healthy has it, and two seconds for the way.
  const isOld = document.age_seconds + waited > 3 * document.interval_seconds + 2;
  if (failure === null && !isOld) return { state: 'fresh', text: `As of ${at}`, warning: '' };
  return {
    state: 'stale', text: `Stale, as of ${at}`,
    warning: `Stale: this is from ${at}. ${failure ?? 'The daemon answers, but has not polled since'}.`,
  };
}

/// Milliseconds until the next request: one poll, but at least one second and at most 15.
export const pause = (document) => Math.min(Math.max((document?.interval_seconds ?? 2) * 1000, 1000), 15000);
