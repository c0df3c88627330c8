/** Staying at the end of what grows. */

/**
 * Go to the end again when the room changes, or when what was in a closed tab is seen again; ends with the element.
 * @param {HTMLElement} log
 * @param {() => boolean} isFollowing
 */
export function followWhenResized(log, isFollowing) {
  new ResizeObserver(() => {
    if (isFollowing()) log.scrollTop = log.scrollHeight;
  }).observe(log);
}
