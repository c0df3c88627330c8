/**
 * What a page needs to hear itself through the kernel: microphone, line and loudspeaker, and a record of what passed.
 */

import { createAudioLine } from "../../intentional_nb/panels/audio_line.js";
import { createMicrophone } from "../../intentional_nb/panels/microphone.js";
import { createSpeaker } from "../../intentional_nb/panels/speaker.js";

/** Samples so far and when that was so, on one way through. */
function createRecord() {
  return { count: 0, times: [], pieces: [] };
}

function add(record, pcm, isKept) {
  record.count += pcm.length;
  record.times.push([record.count, performance.now()]);
  if (isKept) record.pieces.push(pcm.slice());
}

/** How long each of these samples was away: since its piece was sent, or since it was spoken. */
function tripsOf(sent, times, isOfMouth) {
  let at = 0;
  return times.map(([count, when]) => {
    while (at < sent.times.length - 1 && sent.times[at][0] < count) at += 1;
    const [end, then] = sent.times[at];
    return when - then + (isOfMouth ? (end - count) / 24 : 0);
  });
}

function createEcho(model) {
  const echo = { sent: createRecord(), back: createRecord(), states: [], played: [], flushed: null, isKept: true, isLocal: false };
  const ear = []; // samples that had left the loudspeaker, and when
  const speaker = createSpeaker({
    onPlayed(report) {
      echo.played.push(report);
      if (!report.done && report.heard > 0) ear.push([report.heard, performance.now()]);
    },
  });
  const line = createAudioLine({
    address: model.get("address"),
    ways: model.get("ways"),
    comm: (message, buffers) => model.send(message, undefined, buffers),
    onSpeech(speech) {
      add(echo.back, speech.pcm, echo.isKept);
      speaker.push(speech);
    },
    async onMessage(message) {
      if (message.kind === "welcome") speaker.flush(message.epoch);
      if (message.kind === "end") speaker.end(message);
      if (message.kind !== "flush") return;
      echo.flushed = await speaker.flush(message.epoch);
      line.send({ kind: "flushed", ...echo.flushed });
    },
    onState: ({ state, way, reason }) => echo.states.push([state, way, reason].filter(Boolean).join(" ")),
  });
  const microphone = createMicrophone({
    processing: false,
    onChunk({ pcm, lostSamples }) {
      if (!echo.isLocal && line.state.state !== "open") return;
      add(echo.sent, pcm, echo.isKept);
      if (echo.isLocal) {
        add(echo.back, pcm, echo.isKept);
        speaker.push({ epoch: 1, item: 1, pcm });
      } else line.sendAudio(pcm, lostSamples);
    },
  });
  model.on("msg:custom", (message, buffers) => message.kind === "line" && line.receiveComm(message, buffers));

  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  /** All came back, or nothing more comes. */
  async function settled() {
    let [seen, since] = [echo.back.count, performance.now()];
    await until(() => {
      if (echo.back.count !== seen) [seen, since] = [echo.back.count, performance.now()];
      return seen === echo.sent.count || performance.now() - since > 5000;
    });
  }

  return Object.assign(echo, {
    line, speaker, microphone, until,
    async start() {
      await speaker.start();
      if (!echo.isLocal) line.open();
      await until(() => echo.isLocal || line.state.state === "open");
      await microphone.start();
    },
    /** Let go of the microphone, and wait until all of it came back and was played. */
    async stop() {
      await microphone.stop();
      await settled();
      if (echo.isLocal) speaker.end({ epoch: 1, item: 1 });
      else line.send({ kind: "stop" });
      await until(() => echo.played.at(-1)?.done);
    },
    /** In ms: from the microphone's pieces to the speech that comes, and from the mouth to the ear. */
    trips: () => ({ line: tripsOf(echo.sent, echo.back.times, false), ear: tripsOf(echo.sent, ear, true) }),
    isSame() {
      const join = ({ pieces }) => pieces.flatMap((piece) => [...piece]);
      const [sent, back] = [join(echo.sent), join(echo.back)];
      return sent.length === back.length && sent.every((sample, i) => sample === back[i]);
    },
  });
}

export default {
  initialize({ model }) {
    window.echo = createEcho(model);
  },
  render({ el }) {
    el.textContent = "echo";
    el.className = "echo";
  },
};
