/** A panel as anywidget knows it: `initialize` once for each model, `render` for each view of it. */

/**
 * @param {(model: any) => any} createSession made once, for all views
 * @param {(el: HTMLElement, options: any, session: any) => () => void} createPanel draws a view; gives what undoes it
 */
export function createWidget(createSession, createPanel) {
  return () => {
    /** @type {any} */
    let session;
    return {
      /** @param {{model: any, signal?: AbortSignal}} given */
      initialize({ model }) {
        session = createSession(model);
        model.on("msg:custom", session.hear);
        // After a restart of the kernel a message cannot be sent: trying is the only way to know.
        model.on("comm_live_update", () => session.isSeen && session.line.send("hello"));
        const { control } = model.get("options");
        // Not awaited: until this function returns no message is delivered.
        Promise.resolve(model.widget_manager?.get_model?.(control)).then(
          (other) => session.connect(other ?? null),
          () => session.connect(null),
        );
      },
      /** @param {{model: any, el: HTMLElement}} given */
      render({ model, el }) {
        return createPanel(el, model.get("options"), session);
      },
    };
  };
}
