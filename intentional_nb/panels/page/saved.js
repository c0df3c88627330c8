/** The transcript that stays in the notebook. */

/**
 * Put the transcript into the notebook, in the output that follows the panel's own. In JupyterLab only, and needed
 * there because after a reload of the page it drops the kernel's updates of outputs.
 * @param {any} manager
 * @param {string} modelId
 * @param {string} html
 */
export function keepTranscript(manager, modelId, html) {
  try {
    const cells = manager?.context?.model?.cells;
    for (let i = 0; i < (cells?.length ?? 0); i++) {
      const outputs = cells.get(i).outputs;
      for (let k = 0; k + 1 < (outputs?.length ?? 0); k++) {
        const view = outputs.get(k).data?.["application/vnd.jupyter.widget-view+json"];
        const next = outputs.get(k + 1).toJSON();
        const old = next.data?.["text/html"];
        if (view?.model_id === modelId && String(old).includes("inb-static") && old !== html) {
          outputs.set(k + 1, { ...next, data: { ...next.data, "text/html": html } });
        }
      }
    }
  } catch (error) {
    console.warn("intentional_nb: the transcript could not be put into the notebook", error);
  }
}
