/** What was typed and not sent, handed over from a panel whose kernel died to the one that follows it. */

/** @param {string} shelf */
export function takeDraft(shelf) {
  try {
    const draft = sessionStorage.getItem(shelf) ?? "";
    sessionStorage.removeItem(shelf);
    return draft;
  } catch {
    return ""; // no storage in this frame
  }
}

/** @param {string} shelf @param {string} draft */
export function leaveDraft(shelf, draft) {
  try {
    if (draft) sessionStorage.setItem(shelf, draft);
  } catch {
    // No storage in this frame: the words stay in the panel's own field.
  }
}
